pytest_plugins = ["tests.golden_files", "tests.ledger_table", "tests.local_aws_fixtures"]
