"""Reads the parts that the deployment itself depends on, and keeps what was found."""
