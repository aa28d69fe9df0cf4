"""The sources that alerts are enriched from, each read with short timeouts and without retries."""
