"""Media files: what they hold, their sound, and the one place that runs ffmpeg."""
