"""The command line: compiles, tests and replays rules, and sets up buckets. Never deployed to Lambda."""
