"""Which rules match an access: the catalogue's labels, the detections' conditions, the exceptions."""
