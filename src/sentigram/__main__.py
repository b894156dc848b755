"""`python -m sentigram`."""

from sentigram.cli.app import entry

entry()
