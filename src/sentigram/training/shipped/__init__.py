"""Makes the weights that ship, and measures them."""
