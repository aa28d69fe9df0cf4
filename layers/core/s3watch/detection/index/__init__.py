"""The index over detections: finds the few that an access could match without testing them all."""
