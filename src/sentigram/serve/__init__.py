"""A web server over the jobs: upload or record, watch, correct, take home."""
