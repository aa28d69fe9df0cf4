"""What s3watch and its options cost a month: the model, its prices, its report."""
