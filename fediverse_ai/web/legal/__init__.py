"""Pages for people without an account here: legal notices, statements of reasons, figures, and being left alone."""
