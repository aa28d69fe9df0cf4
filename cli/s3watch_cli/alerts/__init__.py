"""Alerts of a deployed stack: lists them, shows one of them, and takes verdicts."""
