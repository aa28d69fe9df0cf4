"""Writes searches for Athena: statements that run the prepared ones of queries/*.sql."""

from __future__ import annotations

from s3watch.alerts.alert import Alert
from s3watch.alerts.searches.literals import sql_literal
from s3watch.alerts.searches.questions import By, Search, may_be_link, period
from s3watch.text import to_utc

# The prepared statements, each with the same parameters: days of the log files, moments, a value
STATEMENTS: dict[By, str] = {
    "actor": "what_this_actor_did",
    "object": "who_touched_this",
    "call": "who_called_this",
}
FILED = 86400.0  # seconds: a late log file is in the folder of the day on which it was delivered


def athena(search: Search, alert: Alert) -> list[str]:
    """Write a search as the statement that runs the saved one, in lines of at most 78 columns.

    The values may be expressions: https://trino.io/docs/current/sql/execute.html
    """
    start, end = (to_utc(moment) for moment in period(alert))
    first, *rest = sql_literal(search.value, whole=may_be_link(search))
    return [
        f"EXECUTE {STATEMENTS[search.by]} USING",
        f"  '{start:%Y/%m/%d}', '{to_utc(period(alert)[1] + FILED):%Y/%m/%d}',",
        f"  '{start:%Y-%m-%dT%H:%M:%SZ}', '{end:%Y-%m-%dT%H:%M:%SZ}',",
        f"  {first}",
        *(f"  || {piece}" for piece in rest),
    ]
