"""Models in the hub's format: BERT, wav2vec and their families, and text classifiers."""
