"""`python -m local.demo.run`: a local AWS, a real deployment, S3 calls by several people, and their e-mails.

Progress goes to stderr, the e-mails to stdout.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import time
from collections.abc import Sequence

from rich.console import Console

from local.cloud import ROOT, Cloud, StartError, running
from local.demo.deploy import Application, DeployError
from local.demo.scenario import BUCKETS, Act, acts, create_buckets
from local.messaging import inbox
from local.messaging.inbox import Message
from local.settings import Settings, client_environment

ADDRESS = "security@example.com"
# seconds in which every e-mail must come: most take five, but a batch delete is held up to a minute for its
# keys, and what is held is looked at each minute
PATIENCE = 150.0

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
            show(cloud)
            if options.keep:
                keep_running(cloud)
    except (StartError, DeployError, MissingMailError) as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    notes.print("\nRead on: `make inbox` shows all messages again, those for chat and machines too;")
    notes.print("`make demo KEEP=1` leaves the local AWS running.")
    notes.print("Nothing is left running.")


def show(cloud: Cloud) -> None:
    """Deploy, make the calls, print the e-mails."""
    started = time.monotonic()
    notes.print(f"Local AWS on {cloud.settings.endpoint} (log: {cloud.settings.log})")
    application = Application(ROOT, "s3watch")
    with notes.status("Making the example buckets and objects"):
        create_buckets(cloud)
    notes.print(f"Buckets {', '.join(BUCKETS)} with {sum(map(len, BUCKETS.values()))} objects")
    with application.alone():
        deploy(cloud, application)
    played = play(list(acts(cloud)))
    wait(cloud, played)
    notes.print(f"\nAll of it took {time.monotonic() - started:.0f} s.")


def deploy(cloud: Cloud, application: Application) -> None:
    """Run `sam build`, then `sam deploy`."""
    began = time.monotonic()
    with notes.status("sam build (fetches the layer's packages, may take a minute)"):
        application.build(cloud)
    notes.print(f"sam build   {time.monotonic() - began:5.1f} s")
    began = time.monotonic()
    with notes.status("sam deploy"):
        application.deploy(cloud, {"WatchedBuckets": ",".join(BUCKETS), "AlertEmail": ADDRESS})
    notes.print(f"sam deploy  {time.monotonic() - began:5.1f} s\n")


def play(story: Sequence[Act]) -> list[tuple[Act, float]]:
    """Make the calls; returns each with its epoch second."""
    played = []
    for act in story:
        notes.print(f"  {act.what}")
        played.append((act, time.time()))
        act.play()
    return played


def wait(cloud: Cloud, played: Sequence[tuple[Act, float]], patience: float = PATIENCE) -> None:
    """Print each e-mail as it arrives.

    Raises MissingMailError if one is missing after `patience` seconds, or the expected access caused one.
    """
    open_acts = [(act, at) for act, at in played if not act.expected]
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
            if not open_acts:
                break
    mistaken = [
        act.what for act, _ in played if act.expected and any(map(act.is_reported_by, cloud.inbox("email")))
    ]
    if mistaken:
        raise MissingMailError(f"an e-mail arrived although {mistaken[0]}")
    if open_acts:
        missing = "; ".join(act.what for act, _ in open_acts)
        raise MissingMailError(f"no e-mail within {patience:.0f} s for: {missing} (see {cloud.settings.log})")


def print_mail(message: Message, told: tuple[Act, float] | None) -> None:
    """Print one e-mail, with the seconds since its call."""
    after = f"{message.time - told[1]:.1f} s after {told[0].what}" if told else "and besides"
    notes.print(f"[bold]E-mail, {after}[/]")
    letters.print(f"{'-' * 78}\n{inbox.show(message)}")


def keep_running(cloud: Cloud) -> None:
    """Print how to use the local AWS, and wait for Ctrl-C."""
    notes.print("\nThe local AWS stays up until Ctrl-C. In another shell:")
    for name, value in client_environment(cloud.settings.endpoint).items():
        notes.print(f"  export {name}={value}")
    notes.print("and then, for example: sam list resources --stack-name s3watch")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        notes.print("Ending.")


if __name__ == "__main__":
    main()
