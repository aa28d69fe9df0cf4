"""Shows estimated costs, prices and assumptions; `make generate` writes them to docs/deploying.md too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import typer
from s3watch.errors import SettingError

from s3watch_cli.cost import model, prices
from s3watch_cli.cost.assumptions import assumptions as all_assumptions
from s3watch_cli.cost.paths import Cost, ledger_of_hits
from s3watch_cli.cost.scope_report import scope_rows
from s3watch_cli.cost.scopes import assume, compare
from s3watch_cli.cost.tables import MONTHS, as_range, columns, table
from s3watch_cli.output import Format, note, show
from s3watch_cli.rules.diagnostics import suggest

UNEXPECTED = "events, EventScope=unexpected, 95 % expected"
TARGETS = {"events": 0.60, "log-files": 0.05, UNEXPECTED: 0.10}  # US dollars a million events
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
    hits = ledger_of_hits()
    note(f"{hits.what}: {as_range(hits)} USD; one hit in 1,000 events is in the figures above")


def show_prices(*, form: Format) -> None:
    """Show the prices and their sources."""
    show(({**asdict(one), "source": one.source or "check"} for one in prices.ALL), form)


def show_assumptions(*, form: Format) -> None:
    """Show what was measured and what is assumed."""
    show(({"what": what, "value": value, "from": source} for what, value, source in all_assumptions()), form)


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
            yield {"option": same[0].option, **columns(months, same), "what": same[0].what}
    if len(options) != 1:
        sums = [model.total(costs, options or model.BY_DEFAULT) for costs in monthly]
        yield {"option": sums[0].option, **columns(months, sums), "what": sums[0].what}


def _path_rows() -> Iterator[dict[str, str]]:
    """Yield what a million events cost by each path, and by the bus in the scope that passes on fewest."""
    narrowed = [_of_fewest(events) for events in MONTHS]
    by_path = [list(model.per_million(events)) for events in MONTHS]
    for same in (*zip(*by_path, strict=True), narrowed):
        path = same[0].option
        yield {"a million by": path, **columns(MONTHS, same), "to reach": f"under {TARGETS[path]:.2f}"}


def _of_fewest(events: float) -> Cost:
    """Return the cost in EventScope=unexpected where everything is sensitive, 95 % of it expected."""
    *_, last = compare(assume(sensitive=1), events)
    return replace(last.event_path, option=UNEXPECTED)


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
    hits = ledger_of_hits()
    ledger = ({"hits": "1 M", "USD": as_range(hits), "what": hits.what},)
    assumed = ({"what": what, "value": value, "from": source} for what, value, source in all_assumptions())
    return "\n".join(
        "\n".join(table(list(part))) + "\n"
        for part in (rows(MONTHS), _path_rows(), scope_rows(assume(), MONTHS), ledger, assumed, listed)
    )


def write(page: Path = Path("docs/deploying.md")) -> None:
    """Replace the tables in a page, between BEGIN and END."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{render()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)
