"""Corrects what can be corrected without a person."""
