"""Studies: what each part of a network is worth, and what carries over to another corpus."""
