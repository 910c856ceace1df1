"""What leaves: posts, reactions, deliveries."""
