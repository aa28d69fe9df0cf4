"""Has evidence enriched by several enrichers, one after another."""

from __future__ import annotations

from collections.abc import Callable

from s3watch.alerts.alert import Evidence

type Enrich = Callable[[Evidence, float], Evidence]  # by the time in epoch seconds


def in_turn(*enrichers: Enrich) -> Enrich:
    """Return an enricher that adds what each of these knows; each sees what those before it have added."""

    def enrich(evidence: Evidence, now: float) -> Evidence:
        for each in enrichers:
            evidence = each(evidence, now)
        return evidence

    return enrich
