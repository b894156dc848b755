"""Which words stand together in a cue, in which lines, where, and how long."""
