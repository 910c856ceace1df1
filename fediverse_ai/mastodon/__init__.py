"""The Mastodon client API: what the apps on people's phones speak; one file for each resource."""
