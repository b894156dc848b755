"""Emotion readings from features."""
