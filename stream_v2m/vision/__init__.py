"""Floor 1: the picture, measured. Pure and synchronous: numpy in, values out."""
