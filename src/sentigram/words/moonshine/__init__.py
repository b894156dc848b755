"""Moonshine tiny English: the bundled recognizer, run by onnxruntime on weights that ship here."""
