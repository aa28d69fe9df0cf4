"""Who effectively has access to a bucket: policies, ACLs and Block Public Access, evaluated together."""
