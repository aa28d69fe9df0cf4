"""A year of a made-up company: its ordinary life, twelve attacks in it, and what the shipped rules tell of both."""
