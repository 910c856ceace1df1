"""The composer: from a prompt, or from pictures that somebody brings, to a post; and what is not posted yet."""
