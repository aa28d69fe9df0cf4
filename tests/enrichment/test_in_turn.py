from __future__ import annotations

from typing import Any

from msgspec.structs import replace
from s3watch.alerts.alert import Evidence
from s3watch.enrichment.in_turn import in_turn

from tests.support.sample_alerts import make_evidence
from tests.support.sensitive import NOW


def adding(name: str) -> Any:
    def enrich(evidence: Evidence, now: float) -> Evidence:
        return replace(evidence, holds=(*evidence.holds, f"{name} at {now - NOW}"))

    return enrich


def test_each_adds_to_what_those_before_it_have_added():
    enriched = in_turn(adding("one"), adding("other"))(make_evidence(), NOW)

    assert enriched == make_evidence(holds=("one at 0.0", "other at 0.0"))


def test_nobody_adds_nothing():
    evidence = make_evidence()

    assert in_turn(lambda each, _: each)(evidence, NOW) is evidence
