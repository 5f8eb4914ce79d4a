"""Takes: performances kept on disk, so that they can be heard, replayed and rendered again."""
