"""Networks of words alone, and models of the BERT family that are fine-tuned within networks."""
