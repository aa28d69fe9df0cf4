"""Compares stacks/trail.yaml with the catalogue, and says what TrailScope=prefixes leaves out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from s3watch.errors import SettingError
from s3watch.ruleset import Ruleset
from s3watch.text import count
from s3watch.watched import add_watched

from s3watch_cli.deployment import Deployment
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.trail_scope import template_part
from s3watch_cli.trail_scope.lost_rules import find_lost
from s3watch_cli.trail_scope.prefixes import Scope, derive

PARAMETER, PREFIXES = "TrailScope", "prefixes"
WRITE = "run `s3watch trail-scope --write`, then build again"
EVERYTHING = Scope({}, {})


def derive_scope(ruleset: Ruleset, deployments: Sequence[Deployment]) -> Scope:
    """Return what trails by prefixes record, whether or not a deployment has one."""
    watched = sorted({bucket for one in deployments for bucket in one.watched})
    most = max((len(one.watched) for one in deployments), default=0)
    return derive(add_watched(ruleset, watched), most)


def written_scope(ruleset: Ruleset, deployments: Sequence[Deployment]) -> Scope:
    """Return what the template has to say: everything is recorded, if no trail of ours is by prefixes."""
    by_prefixes = any(_is_by_prefixes(one) for one in deployments)
    return derive_scope(ruleset, deployments) if by_prefixes else EVERYTHING


def _is_by_prefixes(deployment: Deployment) -> bool:
    given = deployment.parameters
    return given.get(PARAMETER) == PREFIXES and not given.get("ExistingTrail")


def check_selectors(ruleset: Ruleset, deployments: Sequence[Deployment], diagnostics: Diagnostics) -> None:
    """Report a trail's template whose prefixes are not those of the catalogue: it could miss some of them."""
    from_file = [one for one in deployments if one.template and one.config]
    for path in sorted({one.template.parent / template_part.TRAIL for one in from_file if one.template}):
        if path.is_file():
            _check_template(path, written_scope(ruleset, from_file), diagnostics)
    for one in from_file:
        place = one.place(PARAMETER)
        if place and one.parameters.get("ExistingTrail") and one.parameters.get(PARAMETER) == PREFIXES:
            what = f"{PARAMETER}={PREFIXES} has no effect: the trail is {one.parameters['ExistingTrail']}"
            diagnostics.warn(*place, what, "remove it; the trail's own selectors decide what it records")


def _check_template(path: Path, scope: Scope, diagnostics: Diagnostics) -> None:
    text = path.read_text(encoding="utf-8")
    try:
        is_stale = template_part.replace(text, scope) != text
    except SettingError as error:
        diagnostics.refuse(str(path), 1, str(error))
        return
    if is_stale:
        line = text[: text.index(template_part.BEGIN)].count("\n") + 1
        diagnostics.refuse(str(path), line, "the prefixes are not those of rules/catalogue.yaml", WRITE)


def describe_scope(ruleset: Ruleset, deployments: Sequence[Deployment]) -> Iterator[str]:
    """Yield, as lines for people, what the trails record whole, and which detections see less."""
    scope = written_scope(ruleset, deployments)
    for bucket, why in scope.whole.items():
        yield f"{PARAMETER}={PREFIXES}: {bucket} is recorded whole: {why}"
    yield from describe_lost(ruleset, scope)


def describe_lost(ruleset: Ruleset, scope: Scope) -> Iterator[str]:
    """Yield what a scope leaves out; nothing if all buckets are recorded whole."""
    if not scope.prefixes:
        return
    number = sum(map(len, scope.prefixes.values()))
    prefixes = f"{number:,} {'prefix' if number == 1 else 'prefixes'}"
    yield (
        f"{PARAMETER}={PREFIXES}: frequent calls, such as reads and writes, are recorded under"
        f" {prefixes} of {count(len(scope.prefixes), 'bucket')} only;"
        " elsewhere they alert nobody, and no search finds them"
    )
    if lost := find_lost(ruleset):
        yield f"{PARAMETER}={PREFIXES}: detections that no longer see them elsewhere: {', '.join(lost)}"
