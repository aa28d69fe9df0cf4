"""What the Deny statements of policies deny: from whom they take access back, and what of it is gone."""
