"""`s3watch cost`: estimates what s3watch costs a month."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, Form

MOST_EVENTS = 1e15  # a month: more than all objects of S3


def estimate_costs(  # noqa: PLR0913, PLR0917  # as many as there are options
    events: Annotated[
        float | None,
        typer.Option(min=1, max=MOST_EVENTS, help="Data events a month; three examples if not given."),
    ] = None,
    buckets: Annotated[int, typer.Option(min=1, help="Watched buckets.")] = 10,
    management_events: Annotated[
        float, typer.Option(min=0, help="Write management events a month, of all services.")
    ] = 100_000,
    scopes: Annotated[
        bool, typer.Option("--scopes", help="Compare TrailScope and EventScope instead.")
    ] = False,
    logs: Annotated[
        list[str] | None,
        typer.Option(help="Count what the scopes leave in a file, a folder or s3://...; repeatable."),
    ] = None,
    rules: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The rules, for --logs.")] = Path(
        "rules"
    ),
    config: Config = None,
    sensitive: Annotated[
        float, typer.Option(min=0, max=1, help="With --scopes: of the calls, the share on sensitive objects.")
    ] = 0.5,
    expected: Annotated[
        float, typer.Option(min=0, max=1, help="With --scopes: of these, the share by expected callers.")
    ] = 0.95,
    kept: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="With --scopes: of these, the share that passes all the same: copies, deletes."
        ),
    ] = 0.01,
    option: Annotated[
        list[str] | None, typer.Option(help="Only this option; may be given several times.")
    ] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Show the prices and their sources.")] = False,
    assumptions: Annotated[
        bool, typer.Option("--assumptions", help="Show what was measured and what is assumed.")
    ] = False,
    form: Form = "auto",
) -> None:
    """Estimate what s3watch and its options cost a month.

    With --scopes, what TrailScope and EventScope leave and cost, on the shares that are given; with
    --logs, on what the rules would leave of the calls in log files.

    Example: s3watch cost --events 20000000 --buckets 3
    """
    from s3watch_cli.cost import report, sample, scope_report
    from s3watch_cli.cost.scopes import assume

    if option and (logs or scopes):
        raise typer.BadParameter("--option is of the estimate by option; leave out --scopes and --logs")
    if logs and not (prices or assumptions):
        sample.show_sample(logs, rules, config, events, form=form)
        return
    if scopes and not (prices or assumptions):
        scope_report.show_scopes(assume(sensitive, expected, kept), events, form=form)
        return
    report.show_estimate(
        events,
        buckets,
        management_events,
        option or [],
        prices=prices,
        assumptions=assumptions,
        form=form,
    )
