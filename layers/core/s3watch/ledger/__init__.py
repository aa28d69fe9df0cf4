"""The state that deduplicates, groups and counts hits, and the messages about them."""
