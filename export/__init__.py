"""From torch to the product's ONNX files, with the proof that both are the same."""
