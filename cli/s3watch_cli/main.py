"""The command line `s3watch`: a filter, with results on standard output and all else on standard error.

It exits with 0 when all is well, 1 when something was found or failed, 2 when it was called wrongly.
"""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from typing import Annotated

import typer
from s3watch.errors import S3watchError

from s3watch_cli.output import Format, note

DEBUG = "--debug"

app = typer.Typer(
    name="s3watch",
    help="Compiles, tests and replays the rules that watch sensitive objects in Amazon S3.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

RulesDir = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The rules folder.")]
Form = Annotated[
    Format, typer.Option("--format", help="auto: a table on a terminal, else one JSON object a line.")
]
Config = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="The samconfig.toml of the deployment.")
]
Env = Annotated[str, typer.Option(help="The environment in samconfig.toml.")]

State = Annotated[Path, typer.Option(file_okay=False, help="Where attach keeps what there was before.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; otherwise it is only shown.")]
Profile = Annotated[str | None, typer.Option(help="The AWS profile with the credentials.")]
Region = Annotated[str | None, typer.Option(help="The AWS Region of the buckets and the stack.")]


@app.callback()
def main(
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Show the traceback of an error; may stand anywhere.")
    ] = False,
) -> None:
    """Compiles, tests and replays the rules that watch sensitive objects in Amazon S3."""


@app.command("compile")
def compile_rules(
    rules_dir: RulesDir = Path("rules"),
    output: Annotated[
        str, typer.Option("-o", "--output", help="Where to write; `-` is standard output.")
    ] = "",
    watched: Annotated[
        str, typer.Option(help="The deployed buckets, separated by commas, to check against.")
    ] = "",
    config: Config = None,
    env: Env = "default",
    strict: Annotated[bool, typer.Option("--strict", help="Take warnings for mistakes.")] = False,
    form: Form = "auto",
) -> None:
    """Compile a rules folder to rules.json, in the folder itself unless -o says otherwise.

    Every mistake in every file is reported as path:line, and then nothing is written. With --watched or
    --config the catalogue is held against the deployed buckets; one without an entry becomes an entry.
    """
    from s3watch_cli import commands  # noqa: PLC0415  # pySigma takes 0.2 s, which `--help` need not wait for

    commands.compile_rules(rules_dir, output, watched, config, env, strict=strict, form=form)


@app.command("test")
def run_rule_tests(
    rules_dir: RulesDir = Path("rules"),
    rule: Annotated[
        list[str] | None, typer.Option(help="Test this detection only; may be given several times.")
    ] = None,
    form: Form = "auto",
) -> None:
    """Run the tests of the detections, rules/tests/*.yml.

    Every detection must have a case that hits and a near miss; rules/tests/README.md describes the format.
    """
    from s3watch_cli import commands  # noqa: PLC0415  # as above

    commands.run_rule_tests(rules_dir, rule or [], form=form)


@app.command("buckets")
def list_buckets(
    rules_dir: RulesDir = Path("rules"),
    write: Annotated[
        bool, typer.Option("--write", help="Put them into samconfig.toml as WatchedBuckets.")
    ] = False,
    config: Config = None,
    env: Env = "default",
    form: Form = "auto",
) -> None:
    """List the catalogue's buckets with their labels; with --write the deployment watches them."""
    from s3watch_cli import commands  # noqa: PLC0415  # as above

    commands.list_buckets(rules_dir, config, env, write=write, form=form)


@app.command("replay")
def replay_logs(
    paths: Annotated[list[str], typer.Argument(help="Files or folders of records; `-` is standard input.")],
    rules: Annotated[Path, typer.Option(exists=True, file_okay=False, help="The rules folder.")] = Path(
        "rules"
    ),
    catalogue: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Read instead of its own.")
    ] = None,
    account: Annotated[
        str | None, typer.Option(help="The account of the buckets, for access logs that do not say it.")
    ] = None,
) -> None:
    """Run history through the rules, printing one alert a line as JSON.

    Reads trail log files, server access logs, EventBridge events, or one record a line: .json, .ndjson,
    .jsonl, .log, gzipped or not, and access logs by the names that S3 gives them.
    """
    from s3watch_cli import commands  # noqa: PLC0415  # as above

    commands.replay_logs(paths, rules, catalogue, account)


@app.command("attach")
def attach_buckets(  # noqa: PLR0913, PLR0917  # as many as there are options
    buckets: Annotated[list[str] | None, typer.Argument(help="The buckets, as S3 names them.")] = None,
    access_logs: Annotated[
        bool, typer.Option("--access-logs", help="Server access logs, into the log bucket.")
    ] = False,
    events: Annotated[bool, typer.Option("--events", help="Event notifications to EventBridge.")] = False,
    metrics: Annotated[bool, typer.Option("--metrics", help="Request metrics.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="All three of them.")] = False,
    log_bucket: Annotated[
        str, typer.Option(help="Where access logs go, unless it is the stack's own bucket.")
    ] = "",
    trail_bucket: Annotated[
        str, typer.Option(help="The log bucket of an existing trail: tell the queue of its files.")
    ] = "",
    trail: Annotated[str, typer.Option(help="An existing trail: subscribe the queue to its SNS topic.")] = "",
    queue: Annotated[
        str, typer.Option(help="The ARN of the queue of log files, unless it is the stack's.")
    ] = "",
    stack: Annotated[str, typer.Option(help="The stack of s3watch here.")] = "s3watch",
    replace_logging: Annotated[
        bool, typer.Option("--replace-logging", help="Also where a bucket logs elsewhere already.")
    ] = False,
    state: State = Path(".s3watch"),
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Turn on at existing buckets and trails what a stack can not: shows it, and with --yes does it.

    What is there is kept and merged with, never replaced; what there was before is saved under --state, and
    `s3watch detach` brings it back.
    """
    from s3watch_cli import attach_commands  # noqa: PLC0415  # boto3 takes its time

    options = attach_commands.Options(
        access_logs=access_logs or everything,
        events=events or everything,
        metrics=metrics or everything,
        log_bucket=log_bucket,
        trail_bucket=trail_bucket,
        trail=trail,
        queue=queue,
        stack=stack,
        replace_logging=replace_logging,
    )
    attach_commands.attach(buckets or [], options, state, profile, region, yes=yes)


@app.command("detach")
def detach_buckets(
    places: Annotated[list[str], typer.Argument(help="Buckets, or ARNs of trails' topics.")],
    keep_changes: Annotated[
        bool,
        typer.Option("--keep-changes", help="Where others changed it since: take out only what is ours."),
    ] = False,
    state: State = Path(".s3watch"),
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Undo what attach did, exactly: shows it, and with --yes does it."""
    from s3watch_cli import attach_commands  # noqa: PLC0415  # as above

    attach_commands.detach(places, state, profile, region, yes=yes, keep_changes=keep_changes)


@app.command("cost")
def show_costs(
    events: Annotated[
        float | None, typer.Option(min=1, help="Data events a month; three examples if not given.")
    ] = None,
    buckets: Annotated[int, typer.Option(min=1, help="Watched buckets.")] = 10,
    option: Annotated[
        list[str] | None, typer.Option(help="This option only; may be given several times.")
    ] = None,
    prices: Annotated[bool, typer.Option("--prices", help="Show the prices and their sources.")] = False,
    assumptions: Annotated[
        bool, typer.Option("--assumptions", help="Show what was measured and what is assumed.")
    ] = False,
    form: Form = "auto",
) -> None:
    """Estimate what s3watch and its options cost a month."""
    from s3watch_cli.cost import report  # noqa: PLC0415  # as above

    if prices:
        report.show_prices(form=form)
    elif assumptions:
        report.show_assumptions(form=form)
    else:
        report.show_costs(events, buckets, option or [], form=form)


@app.command("undo")
def undo_correction(
    bucket: Annotated[str, typer.Argument(help="The bucket, as S3 names it.")],
    stack: Annotated[str, typer.Option(help="The stack of s3watch here.")] = "s3watch",
    table: Annotated[str, typer.Option(help="The ledger's table, unless it is the stack's.")] = "",
    yes: Yes = False,
    profile: Profile = None,
    region: Region = None,
) -> None:
    """Undo the latest correction that a review made on a bucket: shows it, and with --yes does it."""
    from s3watch_cli.attach import undo  # noqa: PLC0415  # boto3 takes its time

    undo.undo(bucket, stack, table, profile, region, yes=yes)


def run() -> None:
    """Run the command line; no traceback reaches a person who did not ask for it."""
    try:
        app(args=[argument for argument in sys.argv[1:] if argument != DEBUG], prog_name="s3watch")
    except Exception as error:  # noqa: BLE001  # the last resort: one line instead of a traceback
        if DEBUG in sys.argv:
            traceback.print_exc()
        note(_explain(error))
        sys.exit(1)


def _explain(error: Exception) -> str:
    if isinstance(error, S3watchError):
        return str(error)
    if isinstance(error, OSError):
        return f"s3watch: {error.filename or 'a file'}: {error.strerror or error}"
    return f"s3watch: a fault of its own, {type(error).__name__}: {error}; see where with {DEBUG}"


if __name__ == "__main__":
    run()
