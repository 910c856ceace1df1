"""What members read and how they talk: feeds, threads, search, lists, notifications, and what they do with posts."""
