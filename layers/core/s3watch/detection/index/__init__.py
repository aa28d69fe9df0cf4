"""How a few of many detections are found for an access without testing every one."""
