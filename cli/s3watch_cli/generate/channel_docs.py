"""Generates docs/channels.md: every way to the data of a bucket, and who sees it. Run by `make generate`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import typer
import yaml
from msgspec import Struct, convert

ROWS = Path(__file__).with_name("channels.yaml")
PAGE = Path("docs/channels.md")
NOBODY = "nobody can see it"
HEAD = """\
# Ways to the data, and who sees them

<!-- Written from channels.yaml in cli/s3watch_cli/generate by `make generate`; a test fails if stale. -->

Data leave a bucket in more ways than GetObject. Each row is one of them: what delivers its events, the facts
that tell it, the detections of [the starter pack](rules.md) that see it, and what follows. A test proves each
row: example events, in the shapes that AWS documents, go through the stack's EventBridge rules, the readers
of trail files and access logs, and the matcher.

- *Events* arrive by the stack's rules in EventBridge, named here, and as records of the trail's log files.
- *Access logs* arrive hours later, where they are on (`AccessLogDays`).
- *Nothing* means that no rule passes its events, and that no detection sees their records, should a trail
  have them: nobody can see it in s3watch.

| way | examples | delivered by | told by | seen by | what of it |
| --- | --- | --- | --- | --- | --- |
"""


class Channel(Struct, frozen=True, forbid_unknown_fields=True):
    """A way to the data; channels.yaml says what each member is."""

    channel: str
    events: tuple[dict[str, Any], ...]
    means: str
    passed_by: tuple[str, ...] = ()
    facts: dict[str, Any] = {}
    detections: tuple[str, ...] = ()

    @property
    def records(self) -> tuple[dict[str, Any], ...]:
        """The examples that are CloudTrail's."""
        return tuple(event for event in self.events if "line" not in event)

    @property
    def lines(self) -> tuple[dict[str, str], ...]:
        """The examples that are lines of access logs."""
        return tuple(event["line"] for event in self.events if "line" in event)

    @property
    def arrives(self) -> bool:
        """Whether s3watch gets to know of it at all."""
        return bool(self.passed_by or self.lines)


def read_channels(path: Path = ROWS) -> tuple[Channel, ...]:
    """Read the rows. Raises ValidationError at the first that is not one."""
    return convert(yaml.safe_load(path.read_bytes()), tuple[Channel, ...])


def render(channels: Sequence[Channel]) -> str:
    """Return the page: a table of all channels, in their order."""
    return HEAD + "".join(f"| {' | '.join(_cells(each))} |\n" for each in channels)


def _cells(row: Channel) -> Iterator[str]:
    yield row.channel
    yield ", ".join(dict.fromkeys(map(_name, row.events)))
    yield "; ".join(_deliveries(row)) or "nothing"
    yield ", ".join(f"`{name}`" for name in row.facts) or "-"
    yield _see(row)
    yield row.means


def _name(event: dict[str, Any]) -> str:
    if "line" in event:
        return f"`{event['line'].get('operation', 'REST.GET.OBJECT')}`"
    return f"`{event.get('set', {}).get('eventName') or event['base']}`"


def _deliveries(row: Channel) -> Iterator[str]:
    if row.passed_by:
        yield f"events ({', '.join(row.passed_by)}), trail files"
    if row.lines:
        yield "access logs"


def _see(row: Channel) -> str:
    if not row.arrives:
        return NOBODY
    return ", ".join(f"[{name}](rules.md#{name})" for name in row.detections) or "no detection"


def write(page: Path = PAGE) -> None:
    """Write the page."""
    page.write_text(render(read_channels()), encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)
