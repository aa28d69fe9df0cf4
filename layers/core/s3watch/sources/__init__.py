"""What AWS writes and how it arrives: CloudTrail records, access-log lines, S3 events, SQS messages."""
