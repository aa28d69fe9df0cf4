"""What people agreed not to be told, or not now, and what became of it."""
