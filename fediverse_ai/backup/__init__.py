"""Backups: made while the server runs, verified, thinned out, and brought back without anything happening twice."""
