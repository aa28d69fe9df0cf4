"""Merges the messages of one group that leave together, so that none of what they say is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from s3watch.alerts.alert import Alert, News
from s3watch.facts.acts import gravity
from s3watch.ledger.news import by_gravity


def merge(alerts: Sequence[Alert]) -> Alert:
    """Return one alert that says what some of one group say, given in the order of their sequence.

    It is the newest, and shows in full the gravest of what they show; what is opened to everyone comes first.
    """
    newest = alerts[-1]
    if len(alerts) == 1 or newest.evidence.finding:
        return newest
    shown = max(alerts, key=lambda one: (_gravity(one), bool(one.evidence.grants_public), one.sequence))
    is_first = alerts[0].news is None  # nothing has been said before
    return replace(
        newest, kind="first" if is_first else newest.kind, evidence=shown.evidence, rule=shown.rule,
        lasting=tuple(dict.fromkeys(act for one in alerts for act in one.lasting)),
        news=None if is_first else _sum([one.news for one in alerts if one.news]),
    )  # fmt: skip


def gravest(alert: Alert) -> int:
    """Return the gravity of the gravest act in an alert."""
    return max(_gravity(alert), *(gravity(act, alert.outcome) for act, _ in alert.acts), 0)


def _gravity(alert: Alert) -> int:
    return gravity(alert.evidence.act, alert.outcome)


def _sum(news: Sequence[News]) -> News:
    acts = Counter[str]()
    for one in news:
        acts.update(dict(one.acts))
    return News(
        acts=by_gravity(acts),
        rules=tuple(dict.fromkeys(rule for one in news for rule in one.rules)),
        labels=tuple(dict.fromkeys(label for one in news for label in one.labels)),
        keys=sum(one.keys for one in news),
        ips=sum(one.ips for one in news),
    )
