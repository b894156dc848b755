"""Which emotion each word carries: encoders of words and voice, and what joins them."""
