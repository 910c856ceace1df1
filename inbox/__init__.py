"""What arrives: signed activities from other servers."""
