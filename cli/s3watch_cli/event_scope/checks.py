"""stacks/event-rules.yaml: the EventBridge rules of deployments that do not pass whole buckets.

Where no environment of samconfig.toml has another EventScope than bucket, it has no rules but the one that
passes whole buckets, whatever the rules folder says. So a build always has the file that its rules need.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from s3watch.errors import SettingError
from s3watch.ruleset import Ruleset
from s3watch.text import count
from s3watch.watched import add_watched

from s3watch_cli.deployment import Deployment
from s3watch_cli.event_scope.patterns import Derived, Scope, derive
from s3watch_cli.event_scope.stack_file import HOME, Narrowed, render
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.samconfig import WATCHED

FILE = Path("stacks/event-rules.yaml")  # beside the template
SCOPE, WHOLE = "EventScope", "bucket"
WRITE = "run `s3watch event-scope --write`"


@dataclass(frozen=True, slots=True)
class EventRules:
    """What the file has to be, and what is derived for each deployment that narrows its events."""

    text: str
    derived: Sequence[tuple[Deployment, Derived]]


def derive_event_rules(ruleset: Ruleset, deployments: Sequence[Deployment]) -> EventRules:
    """Derive the rules of all deployments. Raises SettingError for more than a bus, or a template, takes."""
    watched = {bucket for one in deployments for bucket in one.watched}
    complete = add_watched(ruleset, sorted(watched))
    narrowing = [one for one in deployments if scope_of(one) != WHOLE]
    derived = [(one, derive(complete, one.watched, _narrow(one), HOME)) for one in narrowing]
    return EventRules(
        render(Narrowed(_narrow(one), _as_given(one), found.patterns) for one, found in derived), derived
    )


def scope_of(deployment: Deployment) -> str:
    """Return the EventScope of a deployment."""
    return deployment.parameters.get(SCOPE, WHOLE)


def _narrow(deployment: Deployment) -> Scope:
    return cast("Scope", scope_of(deployment))


def _as_given(deployment: Deployment) -> tuple[str, ...]:
    """Return the buckets in the order of the parameter, as the template compares them."""
    return tuple(bucket.strip() for bucket in deployment.parameters[WATCHED].split(","))


def check_event_rules(
    ruleset: Ruleset, deployments: Sequence[Deployment], diagnostics: Diagnostics
) -> EventRules | None:
    """Report a file that is not what the rules and samconfig.toml make of it, and missing log files."""
    from_file = [one for one in deployments if one.config]
    path = next((one.template.parent / FILE for one in from_file if one.template), None)
    if path is None or not (path.exists() or any(scope_of(one) != WHOLE for one in from_file)):
        return None
    try:
        rules = derive_event_rules(ruleset, from_file)
    except SettingError as error:
        diagnostics.refuse(str(path), 1, str(error))
        return None
    if not path.exists() or path.read_text(encoding="utf-8") != rules.text:
        diagnostics.refuse(str(path), 1, "is not what rules/ and samconfig.toml make of it", WRITE)
    for one, _ in rules.derived:
        _check_log_files(one, diagnostics)
    return rules


def _check_log_files(deployment: Deployment, diagnostics: Diagnostics) -> None:
    place = deployment.place(SCOPE)
    if place and deployment.parameters.get("ScanLogFiles", "true") != "true":
        what = f"{SCOPE}={scope_of(deployment)} without log files: what EventBridge is not asked to pass"
        diagnostics.warn(*place, f"{what} is nowhere", "set ScanLogFiles=true")


def describe_event_rules(rules: EventRules) -> Iterator[str]:
    """Yield what each deployment passes, in words."""
    for one, derived in rules.derived:
        rules_of, buckets = count(len(derived.patterns), "rule"), count(len(one.watched), "bucket")
        yield f"{SCOPE}={scope_of(one)} of `{one.name}`: {rules_of} of EventBridge for {buckets}"
        if derived.whole:
            yield f"passed whole, because their patterns would be too many: {', '.join(derived.whole)}"
