"""What holds for every test: how hypothesis looks for counterexamples, and which tests need the local AWS."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.support.command_line",
    "tests.support.example_counts",
    "tests.support.golden_files",
    "tests.support.ledger_table",
    "tests.support.local_aws",
]

# A busy machine must not fail a law: no deadlines, no health checks on slowness, the same examples each time.
SLOWNESS = (HealthCheck.too_slow, HealthCheck.data_too_large)
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=SLOWNESS, database=None
)
# `make test-quick`: the same, less thoroughly.
settings.register_profile("quick", settings.get_profile("steady"), max_examples=10)
# `make fuzz`: other examples each time, many of them; a failure prints how to replay it.
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=int(os.environ.get("EXAMPLES", "1000")),
    suppress_health_check=SLOWNESS,
    print_blob=True,
)
settings.load_profile("steady")

LOCAL_AWS = {"bare", "cloud", "complete", "deployed", "existing"}  # fixtures that run one


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the local AWS together on one worker, since they share it."""
    for item in items:
        if LOCAL_AWS.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("local_aws")
        if item.get_closest_marker("local_aws"):
            item.add_marker(pytest.mark.xdist_group("local_aws"))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Refuse to run where pytest-xdist does not keep the group together: every worker would start an AWS."""
    grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
    if hasattr(session.config, "workerinput") and session.config.getoption("loadgroup"):
        assert all(item.nodeid.endswith("@local_aws") for item in grouped), "pytest-xdist groups by other ids"
