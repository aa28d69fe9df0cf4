"""`s3watch search`: finds in recorded events what an actor did, or who touched an object."""

from __future__ import annotations

from typing import Annotated

import typer

from s3watch_cli.options import Form, Jobs


def search_logs(  # noqa: PLR0913, PLR0917  # as many as there are options
    paths: Annotated[
        list[str],
        typer.Argument(help="Files, folders or s3://bucket/prefix of records; `-` is standard input."),
    ],
    actor: Annotated[
        str | None,
        typer.Option(help="The actor as alerts name it, or an ARN, access key id, address or account."),
    ] = None,
    place: Annotated[
        str | None, typer.Option("--object", help="s3://bucket/key, or s3://bucket for everything in it.")
    ] = None,
    event: Annotated[str | None, typer.Option(help="The name of a call, such as StopLogging.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="The earliest time, such as 2026-11-20T07:14:03Z.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="The latest time; a date includes that day.")
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(help="The account that owns the buckets, where records do not say so, as in replay."),
    ] = None,
    jobs: Jobs = None,
    form: Form = "auto",
) -> None:
    """Find in recorded events what an actor did, or who touched an object, by time.

    Answers what the searches in e-mails ask, without Athena, and finds by the same names: a person,
    role/x, user/x, 444455556666:role/x, root, service/x, anonymous. An object is found in copies from it,
    through access points and in batch deletes too. Reads what replay reads, also from a bucket, with the
    credentials of the AWS command line.

    Example: s3watch search events/unexpected-read.json --object s3://hr-data
    """
    from s3watch_cli import search

    asked = search.question(actor, place, event, start, end)
    search.search_logs(paths, asked, account, form, jobs)
