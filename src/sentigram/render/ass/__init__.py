"""ASS subtitles: for editors, and with an event per word for viewers."""
