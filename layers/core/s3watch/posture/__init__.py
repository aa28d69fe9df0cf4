"""Who effectively gets into a bucket: policies, ACLs and public access blocks, evaluated together."""
