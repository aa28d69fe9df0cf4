"""The way of an event through each Lambda function: one module per function, named like it."""
