"""Trains and evaluates the voice model: RAVDESS, nEMO and EmoDB, seen through the compact encoder."""
