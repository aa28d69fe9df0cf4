"""The state that makes alerts exact, and the outbox from which they leave."""
