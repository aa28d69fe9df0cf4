"""What other AWS services found about buckets and objects, in one shape."""
