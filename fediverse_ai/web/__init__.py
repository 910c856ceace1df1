"""Pages for people: gallery, profiles, posts, sign-in and the composer."""
