"""What a system is worth, with its interval."""
