"""A whole AWS on this machine: ministack, and what it lacks to run s3watch as it is deployed."""
