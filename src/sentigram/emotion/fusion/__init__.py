"""The fusion network, its checkpoints, and the reader that uses them."""
