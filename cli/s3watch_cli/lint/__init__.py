"""What is wrong or doubtful about rules that are well formed."""
