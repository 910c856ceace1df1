"""The image backends, one file each."""
