"""Generates docs/rules.md from the detections, and a template and docs/queries.md from queries/."""
