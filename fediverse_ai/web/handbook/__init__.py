"""The documents, read where the program runs: docs/ as plain pages under /docs."""
