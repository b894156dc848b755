"""The bundled text model: from corpora to the weight files that ship.

corpora ─ data ─▶ examples ─ train ─▶ checkpoint ─ export ─▶ text.onnx, heads, tokenizer, card
                                                                  │
                                       evaluate reads those files and nothing else
"""
