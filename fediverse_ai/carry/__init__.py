"""What somebody carries in from another server and out to it: lists as CSV files, and an archive of everything."""
