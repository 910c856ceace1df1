"""Coming in: signing up, the state of a request, confirming a mail address, and a new password by a link."""
