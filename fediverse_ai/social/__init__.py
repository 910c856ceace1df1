"""The ActivityPub API: what clients need of an actor beside what servers need (docs/reference/c2s.md)."""
