"""The commands on the ledger of a deployed stack: its alerts, and what it remembers."""
