"""What S3 does besides storing objects: access logs, notifications, public access blocks, settings."""
