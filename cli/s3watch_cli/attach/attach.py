"""Plans, shows and makes the changes of `attach` and `detach` to settings of buckets and topics.

All settings are read and all changes planned first. If one is refused, or without --yes, nothing is changed.
The previous settings are saved to disk before anything is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from s3watch.errors import RefusedError

from s3watch_cli.attach import calls, saved_state
from s3watch_cli.attach.bucket_settings import (
    Setting,
    conflicting,
    difference,
    equivalent,
    missing,
    overlapping,
)
from s3watch_cli.attach.calls import KINDS, LOGGING, Account, Kind
from s3watch_cli.attach.desired_settings import (
    DesiredSetting,
    Options,
    check_log_bucket,
    log_file_queue,
    settings_for_bucket,
    settings_for_trail,
    with_log_bucket,
)
from s3watch_cli.attach.saved_state import Change, plan_change, revert
from s3watch_cli.attach.trail import notes_on_trail
from s3watch_cli.output import note, write


@dataclass(frozen=True, slots=True)
class Step:
    """A setting before and after a change; `change` is saved with it, and None removes the saved one."""

    resource: str
    kind: Kind
    before: Setting
    after: Setting
    change: Change | None = None
    price: str = ""


class Refusals:
    """Collects the RefusedErrors of `with` blocks, to raise them all at once."""

    def __init__(self) -> None:
        self._lines: list[str] = []

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        if isinstance(error, RefusedError):
            self._lines.append(str(error))
        return isinstance(error, RefusedError)

    def raise_if_any(self, then: str) -> None:
        """Raise one RefusedError with a line for each, and `then` as its last line."""
        if self._lines:
            raise RefusedError("\n".join((*self._lines, then)))


def attach(
    account: Account, buckets: Sequence[str], options: Options, state: Path, *, at: str, yes: bool
) -> None:
    """Turn on the desired settings; `at` is the time of the change, ISO 8601.

    Raises RefusedError with a line for each setting that cannot be turned on.
    """
    refusals, wanted, steps = Refusals(), list[DesiredSetting](), list[Step]()
    options = with_log_bucket(account, options)
    if options.access_logs:
        with refusals:
            check_log_bucket(account, options.log_bucket)
    if options.trail or options.trail_bucket:
        for line in notes_on_trail(account, log_file_queue(account, options), options.trail):
            note(line)
    with refusals:
        wanted += settings_for_trail(account, options)
    for bucket in buckets:
        with refusals:
            wanted += settings_for_bucket(account, bucket, options)
    for desired in wanted:
        with refusals:
            steps += _turn_on(account, desired, options, state, at)
    refusals.raise_if_any("nothing was changed")
    _apply(account, steps, state, yes=yes)


def _turn_on(
    account: Account, desired: DesiredSetting, options: Options, state: Path, at: str
) -> Iterator[Step]:
    current = calls.read(account, desired.kind, desired.resource)
    known = saved_state.load(state, _file(account, desired.resource)).get(desired.kind.name)
    theirs = missing(known.added if known else {}, conflicting(current, desired.value))
    if theirs and not _may_replace(desired, theirs, options):
        return
    if others := ", ".join(overlapping(current, missing(current, desired.value))):
        raise RefusedError(
            f"{desired.resource}: already notifies {others} of such objects, and S3 allows one destination;"
            " give the trail an SNS topic and use --trail, or notify a topic that both subscribe to"
        )
    change = plan_change(current, desired.value, known, at)
    if change:
        yield Step(desired.resource, desired.kind, current, change.after, change, desired.price)
    else:
        note(f"{desired.resource}: {desired.kind.title}: already on")


def _may_replace(desired: DesiredSetting, theirs: Setting, options: Options) -> bool:
    if desired.kind is not LOGGING:
        raise RefusedError(
            f"{desired.resource}: already has other {desired.kind.title} under the same ID; delete them first"
        )
    if not options.replace_logging:
        target = theirs["LoggingEnabled"]
        where = f"s3://{target['TargetBucket']}/{target.get('TargetPrefix', '')}"
        note(
            f"{desired.resource}: left unchanged: it already logs to {where}, and S3 logs to one bucket only;"
            " use --replace-logging to change that"
        )
    return options.replace_logging


def detach(account: Account, resources: Sequence[str], state: Path, *, yes: bool, keep_changes: bool) -> None:
    """Undo the saved changes of these buckets and topics.

    Raises RefusedError, also for a setting that has changed since unless `keep_changes`.
    """
    refusals, steps = Refusals(), list[Step]()
    for resource in resources:
        known = saved_state.load(state, _file(account, resource))
        if not known:
            note(f"{resource}: no saved changes in {state}; use --state for another folder")
        for name, change in known.items():
            with refusals:
                steps.append(_turn_off(account, resource, KINDS[name], change, keep_changes=keep_changes))
    refusals.raise_if_any("nothing was changed")
    _apply(account, steps, state, yes=yes)


def _turn_off(account: Account, resource: str, kind: Kind, change: Change, *, keep_changes: bool) -> Step:
    current = calls.read(account, kind, resource)
    if equivalent(current, change.before):
        return Step(resource, kind, current, current)
    if equivalent(current, change.after) or keep_changes:
        return Step(resource, kind, current, revert(current, change))
    lines = "\n".join(difference(change.after, current))
    raise RefusedError(
        f"{resource}: its {kind.title} changed after attach; use --keep-changes to remove only what attach"
        f" added, or change them by hand:\n{lines}"
    )


def _apply(account: Account, steps: Sequence[Step], state: Path, *, yes: bool) -> None:
    """Show the steps, and with `yes` take them; a step that fails does not stop the others."""
    for step in steps:
        write(("\n".join(_describe(step)) + "\n").encode())
    if not steps:
        note("nothing to do")
    elif not yes:
        note("nothing was changed; use --yes to make these changes")
    else:
        refusals = Refusals()
        for step in steps:
            with refusals:
                _take_step(account, step, state)
        refusals.raise_if_any("the other settings were changed")
        kept = any(step.change for step in steps)
        note(f"done; the previous settings are saved in {state / saved_state.FOLDER}" if kept else "done")


def _describe(step: Step) -> Iterator[str]:
    yield f"{step.resource}: {step.kind.title}"
    if equivalent(step.before, step.after):
        yield "  already as before"
    yield from (f"  {line}" for line in difference(step.before, step.after))
    if step.price:
        yield f"  {step.price}"


def _take_step(account: Account, step: Step, state: Path) -> None:
    """Make a change; save it first, or forget it last, so that an interrupted run can be repeated."""
    file = _file(account, step.resource)
    known = saved_state.load(state, file)
    if step.change:
        saved_state.save(state, file, known | {step.kind.name: step.change})
    if not equivalent(step.before, step.after):
        calls.write(account, step.kind, step.resource, step.before, step.after)
    if not step.change:
        saved_state.save(
            state, file, {name: change for name, change in known.items() if name != step.kind.name}
        )


def _file(account: Account, resource: str) -> str:
    """Return the file name for a bucket's or topic's changes, without colons, which Windows refuses."""
    return f"{account.id}/{resource.replace(':', '.')}"
