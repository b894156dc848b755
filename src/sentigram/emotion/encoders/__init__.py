"""Features of text and voice."""
