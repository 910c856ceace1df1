"""Pipes that any server needs: configuration, database, jobs, HTTP, errors; knows nothing of ActivityPub."""
