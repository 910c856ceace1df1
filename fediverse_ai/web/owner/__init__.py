"""The pages below /owner: what the server does, and what only its owner and admins decide."""
