"""emotion2vec: how something is said, frame by frame."""
