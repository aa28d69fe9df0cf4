"""Reads the user's rules folder: YAML with line numbers, the catalogue, exceptions and Sigma detections."""
