"""How a newer pack of detections and their tests is merged into a rules folder that its users have edited."""
