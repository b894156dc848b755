"""Nets for faces, from the files that their makers publish to the ONNX files that ship."""
