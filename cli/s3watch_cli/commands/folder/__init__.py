"""The commands on a rules folder: they read and write files, and need no stack."""
