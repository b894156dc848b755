"""Checks subtitle files against the rules of caption guides, and corrects what can be corrected."""
