"""What load and faults do to the real functions: whether anything is lost, told twice or late, and what it costs."""
