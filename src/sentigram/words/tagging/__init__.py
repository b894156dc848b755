"""Taggers: networks that name sounds other than words."""
