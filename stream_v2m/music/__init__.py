"""Floor 1: plans and cues to notes. Pure and synchronous; time is a number that is passed in."""
