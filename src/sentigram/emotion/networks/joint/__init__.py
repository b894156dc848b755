"""Networks of words and voice, and of faces beside them, as the compared systems describe them."""
