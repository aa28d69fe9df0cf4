"""Files written from others: docs/rules.md from the detections, templates and docs from queries/."""
