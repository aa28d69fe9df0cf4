"""Changes settings of existing buckets and trails that no stack owns, and undoes the changes exactly."""
