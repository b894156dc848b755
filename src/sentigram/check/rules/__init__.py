"""The rules of caption guides, and what breaks them."""
