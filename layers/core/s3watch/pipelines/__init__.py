"""The processing steps of each Lambda function: one module for each function, with its name."""
