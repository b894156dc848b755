"""Words and their times: recognizers, given transcripts, alignment, repair."""
