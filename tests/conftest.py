pytest_plugins = ["tests.support.golden_files", "tests.support.ledger_table", "tests.support.local_aws"]
