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
) -> None:
    """Run history through the rules, printing one alert a line as JSON.

    Reads trail log files, EventBridge events, or one record a line: .json, .ndjson, .jsonl, gzipped or not.
    """
    from s3watch_cli import commands  # noqa: PLC0415  # as above

    commands.replay_logs(paths, rules, catalogue)


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
