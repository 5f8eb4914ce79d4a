"""Floor 1: the models in ONNX, one step at a time, with explicit state."""
