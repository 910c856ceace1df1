"""Who: local and remote actors, their keys, follows and accounts."""
