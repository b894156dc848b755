"""Corpora told in numbers and pictures."""
