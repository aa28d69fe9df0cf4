"""The only code that calls AWS: clients, the ledger's table, bucket settings, metrics."""
