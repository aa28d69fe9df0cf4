"""How the user's rules folder is read: YAML with line numbers, catalogue, exceptions, Sigma detections."""
