"""The verbs of the command line, one a file: its options, its help with an example, and one call."""
