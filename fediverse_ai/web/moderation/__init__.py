"""The pages below /moderation: what waits for a person, people and their record, legal clocks, and the log of all."""
