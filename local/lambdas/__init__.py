"""Lambda: execution environments, and the event source mappings of SQS queues and DynamoDB streams."""
