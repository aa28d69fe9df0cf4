"""The state that deduplicates, groups and counts hits, and the outbox that alerts are sent from."""
