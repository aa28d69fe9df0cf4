"""Findings of other AWS services about buckets and objects, normalized to one type."""
