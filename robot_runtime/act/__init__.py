"""Skills and navigation."""
