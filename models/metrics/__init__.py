"""What models and music are judged by: the published protocol, musicality, structure, likeness, correspondence."""
