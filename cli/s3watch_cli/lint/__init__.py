"""Checks well-formed rules for mistakes: unknown fields, impossible values, events that never arrive."""
