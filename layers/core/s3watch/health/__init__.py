"""Whether the deployment sees what it is there for: what AWS says about its parts, and what is wrong."""
