"""What is made, and whether it may be shown; a library without tables."""
