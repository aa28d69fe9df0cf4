from __future__ import annotations

from typing import get_args

import pytest
from s3watch.findings.advice import how_to_suppress, steps
from s3watch.findings.finding import Finding, Kind, Service


def make_finding(**changes):
    facts = {
        "service": "Macie", "kind": "policy", "id": "f1", "type": "t", "severity": "low", "thread": "t",
        "revision": "1", "updated": 1.0,
    }  # fmt: skip
    return Finding(**facts | changes)


@pytest.mark.parametrize("kind", get_args(Kind), ids=str)
def test_every_kind_has_three_steps_that_fit_a_chat(kind):
    advised = steps(make_finding(kind=kind))

    assert sum(step.when in ("", "credentials") for step in advised) == 3
    assert all(step.do.endswith(".") and len(step.do) < 100 for step in advised)


@pytest.mark.parametrize("service", get_args(Service), ids=str)
def test_every_service_has_a_way_to_suppress_a_finding(service):
    assert how_to_suppress(make_finding(service=service)).startswith(f"In {service}: ")
