"""How costs are shown: as ranges, in columns by the number of calls a month, in tables of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from s3watch_cli.cost.paths import Cost

MONTHS = (1e6, 1e8, 1e9)  # data events


def as_range(cost: Cost) -> str:
    """Return the lowest and highest cost, or one figure where they are shown alike."""
    low, high = (f"{usd:,.2f}" if usd < 100 else f"{usd:,.0f}" for usd in (cost.low, cost.high))
    return low if low == high else f"{low} - {high}"


def columns(months: Sequence[float], of: Iterable[Cost], path: str = "") -> dict[str, str]:
    """Return a column of a path for each number of events."""
    before = f"{path}, " if path else ""
    return {f"{before}{events / 1e6:g} M": as_range(cost) for events, cost in zip(months, of, strict=True)}


def table(of: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Yield the lines of a table, with the names of its columns."""
    yield f"| {' | '.join(of[0])} |"
    yield f"|{' --- |' * len(of[0])}"
    for row in of:
        yield f"| {' | '.join(row.values())} |"
