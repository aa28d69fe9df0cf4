"""`python -m local.demo.run`: a local AWS, a real deployment, S3 calls by several people, and their e-mails.

Progress goes to stderr, the heads of the e-mails and a table of all that was done to stdout.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.table import Table

from local.cloud import ROOT, Cloud, StartError, running
from local.demo.deploy import Application, DeployError
from local.demo.scenario import BUCKETS, Act, acts, create_buckets
from local.messaging import inbox
from local.messaging.inbox import Message
from local.settings import Settings, SettingsError, client_environment

ADDRESS = "security@example.com"
# seconds in which every e-mail must come: most take five, but a batch delete is held up to a minute for its
# keys, and what is held is looked at each minute
PATIENCE = 150.0
LINES = 8  # of an e-mail's first paragraph: several e-mails fit a screen; `make inbox` shows them whole
NONE, LATER = "none, as it is expected", "in the digest of the morning, as it is low"
SAM = ".venv/bin/sam"

type Told = dict[str, tuple[Message, float]]  # by what was done: its e-mail, and the seconds until it came

notes = Console(stderr=True, highlight=False, soft_wrap=True)
letters = Console(highlight=False, markup=False, soft_wrap=True)


class MissingMailError(Exception):
    """An expected e-mail did not arrive, or one arrived that must not."""


def main() -> None:
    """Run the demo; exits 1 with one line if it fails."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.run", description=main.__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the local AWS running until Ctrl-C")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the local AWS is ended too
    try:
        with running(Settings.read()) as cloud:
            outputs = show(cloud)
            if options.keep:
                keep_running(cloud, outputs["Ledger"])
    except (SettingsError, StartError, DeployError, MissingMailError) as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    notes.print("\nRead on: `make inbox` shows all messages whole, those for chat and machines too;")
    notes.print("`make demo KEEP=1` leaves the local AWS running.")
    notes.print("Nothing is left running.")


def show(cloud: Cloud) -> dict[str, str]:
    """Deploy, make the calls, print the e-mails; returns the stack's outputs."""
    started = time.monotonic()
    notes.print(f"Local AWS on {cloud.settings.endpoint} (log: {cloud.settings.log})")
    application = Application(ROOT, "s3watch", example=True)
    with notes.status("Making the example buckets and objects"):
        create_buckets(cloud)
    notes.print(f"Buckets {', '.join(BUCKETS)} with {sum(map(len, BUCKETS.values()))} objects")
    with application.alone():
        outputs = deploy(cloud, application)
    played = play(list(acts(cloud)))
    sum_up(played, wait(cloud, played))
    notes.print(f"\nAll of it took {time.monotonic() - started:.0f} s.")
    return outputs


def deploy(cloud: Cloud, application: Application) -> dict[str, str]:
    """Run `sam build`, then `sam deploy`; returns the stack's outputs."""
    with timed(f"{SAM} build", "fetches the packages of the layer, which may take a minute"):
        application.build(cloud)
    with timed(f"{SAM} deploy", "makes the stack"):
        return application.deploy(cloud, {"WatchedBuckets": ",".join(BUCKETS), "AlertEmail": ADDRESS})


@contextmanager
def timed(command: str, does: str) -> Iterator[None]:
    """Say what a command does, and then how long it took."""
    began = time.monotonic()
    notes.print(f"{command} {does} ...")
    with notes.status(command):
        yield
    notes.print(f"{command} took {time.monotonic() - began:.1f} s")


def play(story: Sequence[Act]) -> list[tuple[Act, float]]:
    """Make the calls; returns each with its epoch second."""
    played = []
    notes.print()
    for act in story:
        notes.print(f"  {act.what}")
        played.append((act, time.time()))
        act.play()
    return played


def wait(cloud: Cloud, played: Sequence[tuple[Act, float]], patience: float = PATIENCE) -> Told:
    """Print the head of each e-mail as it arrives; returns those that tell of what was done.

    Raises MissingMailError if one is missing after `patience` seconds, or one came of what brings none.
    """
    open_acts = [(act, at) for act, at in played if act.is_mailed]
    found: Told = {}
    with notes.status("Waiting for the e-mails") as status:
        for message in inbox.follow(cloud.settings.inbox, until=time.time() + patience):
            if message.protocol != "email" or message.endpoint != ADDRESS:
                continue
            told = next(((act, at) for act, at in open_acts if act.is_reported_by(message)), None)
            status.stop()
            print_mail(message, told)
            status.start()
            if told:
                open_acts.remove(told)
                found[told[0].what] = (message, message.time - told[1])
            if not open_acts:
                break
    mistaken = [
        act.what
        for act, _ in played
        if not act.is_mailed and any(map(act.is_reported_by, cloud.inbox("email")))
    ]
    if mistaken:
        raise MissingMailError(f"an e-mail arrived although {mistaken[0]}")
    if open_acts:
        missing = "; ".join(act.what for act, _ in open_acts)
        raise MissingMailError(f"no e-mail within {patience:.0f} s for: {missing} (see {cloud.settings.log})")
    return found


def print_mail(message: Message, told: tuple[Act, float] | None) -> None:
    """Print the head of one e-mail, with the seconds since its call."""
    after = f"{message.time - told[1]:.1f} s after {told[0].what}" if told else "also received"
    notes.print(f"[bold]E-mail, {after}[/]")
    letters.print(f"{'-' * 78}\n{head(message)}\n")


def head(message: Message) -> str:
    """Return the subject and the first paragraph of a message, of LINES lines at most."""
    paragraph = message.body.strip("\n").partition("\n\n")[0].splitlines()
    cut = [*paragraph[:LINES], "..."] if len(paragraph) > LINES else paragraph
    return "\n".join([f"Subject: {message.subject or '(none)'}", "", *cut])


def sum_up(played: Sequence[tuple[Act, float]], told: Told) -> None:
    """Print a table of all that was done, and of the e-mail about each."""
    table = Table(box=None, pad_edge=False)
    for name in ("what was done", "after", "e-mail"):
        table.add_column(name, overflow="fold", no_wrap=name == "after")
    for act, _ in played:
        message, seconds = told.get(act.what, (None, 0.0))
        otherwise = "", LATER if act.waits else NONE
        table.add_row(act.what, *((f"{seconds:.1f} s", message.subject) if message else otherwise))
    letters.print(table, soft_wrap=False)


def keep_running(cloud: Cloud, ledger: str) -> None:
    """Print how to use the local AWS, and wait for Ctrl-C."""
    notes.print("\nThe local AWS stays up until Ctrl-C. In another shell:")
    for name, value in client_environment(cloud.settings.endpoint).items():
        notes.print(f"  export {name}={value}")
    notes.print(f"  export S3WATCH_LEDGER_TABLE={ledger}")
    notes.print(f"and then, for example: {SAM} list resources --stack-name s3watch")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        notes.print("Ending.")


if __name__ == "__main__":
    main()
