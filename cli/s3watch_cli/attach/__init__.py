"""What is switched on at buckets and trails that no stack owns, and how it is undone exactly."""
