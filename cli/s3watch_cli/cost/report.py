"""Shows estimated costs, prices and assumptions; `make generate` writes them to docs/deploying.md too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import typer
from s3watch.errors import SettingError

from s3watch_cli.cost import model, prices
from s3watch_cli.cost.model import Cost
from s3watch_cli.output import Format, note, show
from s3watch_cli.rules.diagnostics import suggest

MONTHS = (1e6, 1e8, 1e9)  # data events
TARGETS = {"events": 0.60, "log-files": 0.05}  # US dollars a million events
BEGIN, END = "<!-- by `make generate`; a test fails when it is stale -->\n", "<!-- end -->\n"


def show_estimate(
    events: float | None,
    buckets: int,
    management: float,
    options: Sequence[str],
    *,
    prices: bool,
    assumptions: bool,
    form: Format,
) -> None:
    """Show the estimated costs, or instead the prices or the assumptions."""
    if prices:
        show_prices(form=form)
    elif assumptions:
        show_assumptions(form=form)
    else:
        show_costs(events, buckets, options, management, form=form)


def show_costs(
    events: float | None,
    buckets: int,
    options: Sequence[str],
    management: float = model.MANAGEMENT,
    *,
    form: Format,
) -> None:
    """Show what the options cost a month, for a number of data events or for three examples."""
    known = [cost.option for cost in model.monthly(1, buckets)]
    for option in options:
        if option not in known:
            raise SettingError(f"unknown option {option}; {suggest(option, known)}")
    show(rows([events] if events else MONTHS, buckets, options, management), form)
    note(
        f"US dollars a month in us-east-1, prices of {prices.READ}, without free tiers; from bursts of"
        " traffic (low) to evenly spread traffic (high). See --prices and --assumptions"
    )
    hits = model.ledger_of_hits()
    note(f"{hits.what}: {_range(hits)} USD; one hit in 1,000 events is in the figures above")


def show_prices(*, form: Format) -> None:
    """Show the prices and their sources."""
    show(({**asdict(one), "source": one.source or "check"} for one in prices.ALL), form)


def show_assumptions(*, form: Format) -> None:
    """Show what was measured and what is assumed."""
    show(
        ({"what": what, "value": value, "from": source} for what, value, source in model.assumptions()), form
    )


def rows(
    months: Sequence[float],
    buckets: int = 10,
    options: Sequence[str] = (),
    management: float = model.MANAGEMENT,
) -> Iterator[dict[str, str]]:
    """Yield a row for each option (all if none is named), with a column for each number of events.

    The last one is their total; if none is named, that of what a deployment has by default.
    """
    monthly = [model.monthly(events, buckets, management) for events in months]
    for same in zip(*monthly, strict=True):
        if not options or same[0].option in options:
            yield {"option": same[0].option, **_columns(months, same), "what": same[0].what}
    if len(options) != 1:
        sums = [model.total(costs, options or model.BY_DEFAULT) for costs in monthly]
        yield {"option": sums[0].option, **_columns(months, sums), "what": sums[0].what}


def _columns(months: Sequence[float], of: Iterable[Cost]) -> dict[str, str]:
    return {f"{events / 1e6:g} M": _range(cost) for events, cost in zip(months, of, strict=True)}


def _range(cost: Cost) -> str:
    low, high = (f"{usd:,.2f}" if usd < 100 else f"{usd:,.0f}" for usd in (cost.low, cost.high))
    return low if low == high else f"{low} - {high}"


def _path_rows() -> Iterator[dict[str, str]]:
    for same in zip(*map(model.per_million, MONTHS), strict=True):
        figure = f"under {TARGETS[same[0].option]:.2f}"
        yield {"a million by": same[0].option, **_columns(MONTHS, same), "to reach": figure}


def render() -> str:
    """Return the tables of docs/deploying.md."""
    listed = (
        {
            "USD": f"{one.usd:.10f}".rstrip("0").rstrip("."),
            "for": f"{one.per:,.0f} {one.unit}",
            "read at": f"<{one.source}>" if one.source else "check",
        }
        for one in prices.ALL
    )
    hits = model.ledger_of_hits()
    ledger = ({"hits": "1 M", "USD": _range(hits), "what": hits.what},)
    assumed = ({"what": what, "value": value, "from": source} for what, value, source in model.assumptions())
    return "\n".join(
        "\n".join(_table(list(part))) + "\n" for part in (rows(MONTHS), _path_rows(), ledger, assumed, listed)
    )


def _table(of: Sequence[Mapping[str, str]]) -> Iterator[str]:
    yield f"| {' | '.join(of[0])} |"
    yield f"|{' --- |' * len(of[0])}"
    for row in of:
        yield f"| {' | '.join(row.values())} |"


def write(page: Path = Path("docs/deploying.md")) -> None:
    """Replace the tables in a page, between BEGIN and END."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{render()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)
