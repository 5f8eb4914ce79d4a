"""The outside's words into live commands, and the performance's state into the outside's words."""
