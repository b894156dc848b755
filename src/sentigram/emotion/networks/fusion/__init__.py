"""What words and voice say together: guided attention, and the simpler networks beside it."""
