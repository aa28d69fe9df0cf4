"""The workbench: compiles, tests and replays rules. Never shipped to Lambda."""
