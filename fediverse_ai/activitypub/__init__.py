"""The protocol, pure: documents, signatures, authority, discovery; no tables."""
