"""One module per corpus: each reads an official layout into a tuple of items."""
