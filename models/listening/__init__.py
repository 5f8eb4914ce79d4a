"""Listening tests: films with the music of several systems, heard blind, rated by people, and analysed."""
