"""EventBridge, its schedules, and SNS with the inbox of what subscribers received."""
