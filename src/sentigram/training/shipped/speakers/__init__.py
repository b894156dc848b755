"""The nets that tell speakers apart, as ONNX graphs, from the files of their makers."""
