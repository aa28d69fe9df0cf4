"""Compares stacks/trail.yaml with the catalogue, and says what TrailScope=prefixes leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from s3watch.errors import SettingError
from s3watch.ruleset import Ruleset
from s3watch.text import count

from s3watch_cli.deployment import Deployment
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.trail_scope import template_part
from s3watch_cli.trail_scope.lost_rules import find_lost
from s3watch_cli.trail_scope.prefixes import Scope, derive

PARAMETER, PREFIXES = "TrailScope", "prefixes"
EVERYTHING = Scope({}, {})


def scope_of(ruleset: Ruleset, deployments: Sequence[Deployment]) -> Scope:
    """Return what the deployments' own trails have to record: everything, if none is by prefixes."""
    by_prefixes = [one for one in deployments if one.parameters.get(PARAMETER) == PREFIXES]
    if not by_prefixes:
        return EVERYTHING
    return derive(ruleset, max(len(one.watched) for one in by_prefixes))


def check_selectors(ruleset: Ruleset, deployments: Sequence[Deployment], diagnostics: Diagnostics) -> None:
    """Report a trail's template whose prefixes are not those of the catalogue: it could miss some of them."""
    templates = {  # a list of buckets on the command line says nothing of parameters
        one.template.parent / template_part.TRAIL for one in deployments if one.template and one.config
    }
    for path in sorted(filter(Path.is_file, templates)):
        text = path.read_text(encoding="utf-8")
        try:
            stale = template_part.replace(text, scope_of(ruleset, deployments)) != text
        except SettingError as error:
            diagnostics.refuse(str(path), 1, str(error))
            continue
        if stale:
            what = "what the trail records by prefix is not what rules/catalogue.yaml says"
            diagnostics.refuse(str(path), _line(text), what, "run `make generate`, then build again")


def _line(text: str) -> int:
    return text[: text.index(template_part.BEGIN)].count("\n") + 1


def describe_scope(ruleset: Ruleset, deployments: Sequence[Deployment]) -> Iterator[str]:
    """Yield, as lines for people, what the trails record whole, and which detections see less."""
    scope = scope_of(ruleset, deployments)
    if scope == EVERYTHING:
        return
    if scope.prefixes:
        number = sum(map(len, scope.prefixes.values()))
        prefixes = f"{number:,} {'prefix' if number == 1 else 'prefixes'}"
        yield (
            f"{PARAMETER}={PREFIXES}: frequent calls, such as reads and writes, are recorded under"
            f" {prefixes} of {count(len(scope.prefixes), 'bucket')} only;"
            " elsewhere they alert nobody, and no search finds them"
        )
    for bucket, why in scope.whole.items():
        yield f"{PARAMETER}={PREFIXES}: {bucket} is recorded whole: {why}"
    lost = find_lost(ruleset) if scope.prefixes else ()
    if lost:
        yield f"{PARAMETER}={PREFIXES}: detections that no longer see them elsewhere: {', '.join(lost)}"
