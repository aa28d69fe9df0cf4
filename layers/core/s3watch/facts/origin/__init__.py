"""Where credentials belong, and whether a request came from there."""
