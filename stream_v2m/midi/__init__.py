"""Floor 2: notes out. The only place that touches MIDI ports and files."""
