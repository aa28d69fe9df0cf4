"""What EventBridge has to pass on: event patterns derived from the compiled rules, so that no hit is lost."""
