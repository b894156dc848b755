"""Trains and evaluates the voice model on RAVDESS, nEMO and EmoDB."""
