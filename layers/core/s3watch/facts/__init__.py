"""The normalized access: who touched what, how, from where, drawn from a record of any source."""
