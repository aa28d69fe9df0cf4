"""The normalized access: who touched what, how and from where, derived from a record of any feed."""
