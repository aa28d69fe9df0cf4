"""CloudTrail: which calls a trail selects, their records, and how these are delivered."""
