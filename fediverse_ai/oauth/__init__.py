"""OAuth 2: apps introduce themselves, people consent, tokens are given and taken back."""
