"""Faces in pictures: where they are, and numbers for how they look."""
