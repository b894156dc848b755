"""Kinds of attacks, a module each."""
