"""The ActivityPub API: what clients need of an actor beside what servers need (docs/c2s.md)."""
