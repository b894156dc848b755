"""One file's way through the program, and many files'."""
