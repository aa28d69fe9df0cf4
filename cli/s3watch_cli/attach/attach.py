"""Switches at buckets and trails that a stack can not reach: turned on by `attach`, back by `detach`.

Everything is read and planned first: one refusal, and nothing is changed; without --yes nothing is either.
What was there before is on disk before anything is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from s3watch.errors import RefusedError

from s3watch_cli.attach import calls, saved_state
from s3watch_cli.attach.bucket_settings import Setting, clashing, difference, lacking, overlapping, same
from s3watch_cli.attach.calls import KINDS, LOGGING, Account, Kind
from s3watch_cli.attach.desired_settings import Options, Wish, check_log_bucket, trail_wishes, wishes
from s3watch_cli.attach.saved_state import Change, changed, undone
from s3watch_cli.output import note, write


@dataclass(frozen=True, slots=True)
class Step:
    """A setting from one state to another; `change` is remembered then, and forgotten where it is None."""

    place: str
    kind: Kind
    before: Setting
    after: Setting
    change: Change | None = None
    price: str = ""


class Refusals:
    """Refusals, collected in `with` blocks and told all at once."""

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
        """Raise them as one."""
        if self._lines:
            raise RefusedError("\n".join((*self._lines, then)))


def attach(
    account: Account, buckets: Sequence[str], options: Options, state: Path, *, at: str, yes: bool
) -> None:
    """Turn on what is asked for. Raises RefusedError with a line for all that can not be done."""
    refusals, wanted, steps = Refusals(), list[Wish](), list[Step]()
    if options.access_logs:
        with refusals:
            check_log_bucket(account, options)
    with refusals:
        wanted += trail_wishes(account, options)
    for bucket in buckets:
        with refusals:
            wanted += wishes(account, bucket, options)
    for wish in wanted:
        with refusals:
            steps += _turn_on(account, wish, options, state, at)
    refusals.raise_if_any("nothing was changed")
    _go(account, steps, state, yes=yes)


def _turn_on(account: Account, wish: Wish, options: Options, state: Path, at: str) -> Iterator[Step]:
    current = calls.read(account, wish.kind, wish.place)
    known = saved_state.load(state, _file(account, wish.place)).get(wish.kind.name)
    theirs = lacking(known.part if known else {}, clashing(current, wish.value))
    if theirs and not _may_replace(wish, theirs, options):
        return
    if others := ", ".join(overlapping(current, lacking(current, wish.value))):
        raise RefusedError(
            f"{wish.place}: tells {others} of new objects already, and S3 tells only one of a name;"
            " give the trail an SNS topic and say --trail, or put a topic in between for both"
        )
    change = changed(current, wish.value, known, at)
    if change:
        yield Step(wish.place, wish.kind, current, change.after, change, wish.price)
    else:
        note(f"{wish.place}: {wish.kind.title}: on already")


def _may_replace(wish: Wish, theirs: Setting, options: Options) -> bool:
    if wish.kind is not LOGGING:
        raise RefusedError(
            f"{wish.place}: has {wish.kind.title} of that id, but other ones; delete them first"
        )
    if not options.replace_logging:
        target = theirs["LoggingEnabled"]
        where = f"s3://{target['TargetBucket']}/{target.get('TargetPrefix', '')}"
        note(
            f"{wish.place}: left alone: it logs to {where} already, and S3 logs to one place;"
            " say --replace-logging to have it log here instead"
        )
    return options.replace_logging


def detach(account: Account, places: Sequence[str], state: Path, *, yes: bool, keep_changes: bool) -> None:
    """Turn off what attach turned on. Raises RefusedError, also where somebody changed it since."""
    refusals, steps = Refusals(), list[Step]()
    for place in places:
        known = saved_state.load(state, _file(account, place))
        if not known:
            note(f"{place}: nothing of it is known in {state}; another folder is named by --state")
        for name, change in known.items():
            with refusals:
                steps.append(_turn_off(account, place, KINDS[name], change, keep_changes=keep_changes))
    refusals.raise_if_any("nothing was changed")
    _go(account, steps, state, yes=yes)


def _turn_off(account: Account, place: str, kind: Kind, change: Change, *, keep_changes: bool) -> Step:
    current = calls.read(account, kind, place)
    if same(current, change.before):
        return Step(place, kind, current, current)
    if same(current, change.after) or keep_changes:
        return Step(place, kind, current, undone(current, change))
    lines = "\n".join(difference(change.after, current))
    raise RefusedError(
        f"{place}: somebody changed its {kind.title} since; say --keep-changes to take out only what attach"
        f" put in, or mend it by hand:\n{lines}"
    )


def _go(account: Account, steps: Sequence[Step], state: Path, *, yes: bool) -> None:
    """Show the steps, and take them if it is so said; one that fails does not hold up the others."""
    for step in steps:
        write(("\n".join(_shown(step)) + "\n").encode())
    if not steps:
        note("there is nothing to do")
    elif not yes:
        note("nothing was changed; say --yes")
    else:
        refusals = Refusals()
        for step in steps:
            with refusals:
                _take(account, step, state)
        refusals.raise_if_any("the others were changed")
        kept = any(step.change for step in steps)
        note(f"done; what was there before is in {state / saved_state.FOLDER}" if kept else "done")


def _shown(step: Step) -> Iterator[str]:
    yield f"{step.place}: {step.kind.title}"
    if same(step.before, step.after):
        yield "  as it was before"
    yield from (f"  {line}" for line in difference(step.before, step.after))
    if step.price:
        yield f"  {step.price}"


def _take(account: Account, step: Step, state: Path) -> None:
    """Change a setting. It is remembered before and forgotten after, so that whoever dies can start again."""
    file = _file(account, step.place)
    known = saved_state.load(state, file)
    if step.change:
        saved_state.save(state, file, known | {step.kind.name: step.change})
    if not same(step.before, step.after):
        calls.write(account, step.kind, step.place, step.before, step.after)
    if not step.change:
        saved_state.save(
            state, file, {name: change for name, change in known.items() if name != step.kind.name}
        )


def _file(account: Account, place: str) -> str:
    """Where a bucket's or topic's changes are kept; the colons of an ARN are not for every file system."""
    return f"{account.id}/{place.replace(':', '.')}"
