"""What a rules folder silences: how often it did, by the ledger of a stack, and the end of a trial."""
