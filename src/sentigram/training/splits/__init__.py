"""Which examples are trained on, chosen by and tested on."""
