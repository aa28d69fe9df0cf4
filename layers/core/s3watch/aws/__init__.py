"""The only code that talks to AWS: clients, the ledger's table, bucket settings, metrics."""
