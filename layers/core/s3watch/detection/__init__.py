"""Matches accesses with rules: labels of the catalogue, conditions of detections, exceptions."""
