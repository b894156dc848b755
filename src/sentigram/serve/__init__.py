"""The server: a page to record or upload on, and an API, for a team on its own machine."""
