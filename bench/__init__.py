"""What is measured, and the floors it is held against."""
