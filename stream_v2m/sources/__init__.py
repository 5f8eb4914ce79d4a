"""Floor 2: pictures in. The only place that touches cameras, files and networks for pictures."""
