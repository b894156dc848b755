"""Networks that `sentigram train` makes and `sentigram render --checkpoint` reads with."""
