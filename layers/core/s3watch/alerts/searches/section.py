"""Writes the section of an e-mail with its searches: those that its reader can run, the shortest first."""

from __future__ import annotations

from s3watch.alerts.alert import Alert
from s3watch.alerts.reader import LOGS, Reader
from s3watch.alerts.searches.athena import athena
from s3watch.alerts.searches.commands import command, log_folder
from s3watch.alerts.searches.insights import insights
from s3watch.alerts.searches.questions import Search, period, searches
from s3watch.text import span

IN_ATHENA = "Run these in Athena, in the work group of s3watch."
IN_INSIGHTS = "Or in CloudWatch Logs Insights, in the trail's log group, for this time:"
IN_SHELL = "Run these where s3watch is installed; they read the trail's log files, which are here:"
UNKNOWN_LOGS = "Run these where s3watch is installed, with the bucket and account of your trail's log files:"


def section(alert: Alert, reader: Reader) -> list[list[str]]:
    """Return the paragraphs of the section, each as lines of at most 78 columns; none without a search."""
    asked = searches(alert)
    title = f"Searches, {span(*period(alert), reader.zone)}:"
    if reader.analytics == "off":
        run = _commands(asked, alert)
        where = UNKNOWN_LOGS if reader.logs == LOGS else IN_SHELL
        return [[title, where], log_folder(alert, reader.logs), *run] if run else []
    parts = [[title, IN_ATHENA], *_statements(asked, alert)]
    if reader.analytics == "log-group":
        parts += [[IN_INSIGHTS], *(part for search in asked for part in ([_title(search)], insights(search)))]
    return parts


def _statements(asked: list[Search], alert: Alert) -> list[list[str]]:
    return [part for search in asked for part in ([_title(search)], athena(search, alert))]


def _commands(asked: list[Search], alert: Alert) -> list[list[str]]:
    return [[_title(search), *lines] for search in asked if (lines := command(search, alert))]


def _title(search: Search) -> str:
    return f"{search.question[0].upper()}{search.question[1:]}:"
