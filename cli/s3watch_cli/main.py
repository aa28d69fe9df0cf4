"""The command `s3watch`: registers its subcommands, and reports errors in one line.

Results go to standard output, everything else to standard error. Exit codes: 0 for success, 1 for mistakes or
failures, 2 for wrong usage.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated

import typer
from s3watch.errors import S3watchError
from s3watch.version import __version__

from s3watch_cli.commands.attach import attach_buckets
from s3watch_cli.commands.buckets import list_buckets
from s3watch_cli.commands.cost import estimate_costs
from s3watch_cli.commands.detach import detach_buckets
from s3watch_cli.commands.event_scope import list_event_scope
from s3watch_cli.commands.folder.aws_ranges import condense_aws_ranges
from s3watch_cli.commands.folder.compile import compile_rules
from s3watch_cli.commands.folder.rules import rules
from s3watch_cli.commands.folder.test import run_rule_tests
from s3watch_cli.commands.ledger.alerts import list_alerts
from s3watch_cli.commands.ledger.exceptions import list_exceptions
from s3watch_cli.commands.ledger.learn import learn_history
from s3watch_cli.commands.ledger.promote import promote_rule
from s3watch_cli.commands.ledger.show import show_alert
from s3watch_cli.commands.ledger.snooze import snooze_alert
from s3watch_cli.commands.ledger.suggest import suggest_entries
from s3watch_cli.commands.ledger.verdict import give_verdict
from s3watch_cli.commands.parameters import list_parameters
from s3watch_cli.commands.redrive import redrive_dead_letters
from s3watch_cli.commands.remediation import remediation, revert_correction
from s3watch_cli.commands.replay import replay_logs
from s3watch_cli.commands.search import search_logs
from s3watch_cli.commands.smoke import smoke_deployment
from s3watch_cli.commands.subscribe import subscribe_address
from s3watch_cli.commands.trail_scope import list_trail_scope
from s3watch_cli.output import note, write

DEBUG = "--debug"

app = typer.Typer(
    name="s3watch",
    help="Compile, test and replay the rules that watch sensitive objects in Amazon S3.",
    epilog="Exit codes: 0 if all is well, 1 if something failed or rules have mistakes, 2 for wrong usage.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compile")(compile_rules)
app.command("test")(run_rule_tests)
app.command("buckets")(list_buckets)
app.command("parameters")(list_parameters)
app.command("event-scope")(list_event_scope)
app.command("trail-scope")(list_trail_scope)
app.command("aws-ranges")(condense_aws_ranges)
app.command("replay")(replay_logs)
app.command("search")(search_logs)
app.command("alerts")(list_alerts)
app.command("show")(show_alert)
app.command("verdict")(give_verdict)
app.command("learn")(learn_history)
app.command("subscribe")(subscribe_address)
app.command("snooze")(snooze_alert)
app.command("exceptions")(list_exceptions)
app.command("promote")(promote_rule)
app.command("suggest")(suggest_entries)
app.command("redrive")(redrive_dead_letters)
app.command("smoke")(smoke_deployment)
app.command("attach")(attach_buckets)
app.command("detach")(detach_buckets)
app.command("cost")(estimate_costs)
app.add_typer(remediation, name="remediation")
app.add_typer(rules, name="rules")
app.command("undo", hidden=True)(revert_correction)  # as e-mails of earlier versions say


def _show_version(wanted: bool) -> None:  # as Typer calls it
    if wanted:
        write(f"s3watch {__version__}\n".encode())
        raise typer.Exit


@app.callback()
def main(
    debug: Annotated[
        bool, typer.Option(DEBUG, help="Show the traceback of an error; allowed anywhere on the line.")
    ] = False,
    version: Annotated[  # done by its callback
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Compile, test and replay the rules that watch sensitive objects in Amazon S3."""


def run() -> None:
    """Run the command line; print an error as one line, and its traceback only with --debug."""
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
    return f"s3watch: internal error, {type(error).__name__}: {error}; see its traceback with {DEBUG}"


if __name__ == "__main__":
    run()
