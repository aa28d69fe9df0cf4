"""What the stack's own trail records of the watched buckets: all, or what the catalogue calls sensitive."""
