"""Augmentation of training examples: altered copies of clips, and masks on spectrograms."""
