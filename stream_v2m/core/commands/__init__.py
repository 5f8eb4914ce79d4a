"""The live commands, and how each changes the controls: one concept a file, all of them in ``table``."""
