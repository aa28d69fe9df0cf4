"""`python -m local.demo.run`: a local AWS, a real deployment, S3 calls by several people, and their e-mails.

What it does is said on stderr while it does it; the e-mails go to stdout.
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
from local.demo.scenario import BUCKETS, Act, acts, furnish
from local.messaging import inbox
from local.messaging.inbox import Message
from local.settings import Settings, client_environment

ADDRESS = "security@example.com"
# seconds in which every e-mail must come: most take five, but a batch delete is held up to a minute for its
# keys, and what is held is looked at each minute
PATIENCE = 150.0

notes = Console(stderr=True, highlight=False, soft_wrap=True)
letters = Console(highlight=False, markup=False, soft_wrap=True)


class SilenceError(Exception):
    """An e-mail that had to come did not come, or one came that must not."""


def main() -> None:
    """Run the demo; exit 1 with one line where it does not do what it should."""
    parser = argparse.ArgumentParser(prog="python -m local.demo.run", description=main.__doc__)
    parser.add_argument("--keep", action="store_true", help="leave the local AWS running until Ctrl-C")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the local AWS is ended too
    try:
        with running(Settings.read()) as cloud:
            show(cloud)
            if options.keep:
                keep(cloud)
    except (StartError, DeployError, SilenceError) as error:
        sys.exit(f"demo: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    notes.print("\nRead on: `make inbox` shows all messages again, those for chat and machines too;")
    notes.print("`make demo KEEP=1` leaves the local AWS running.")
    notes.print("Nothing is left running.")


def show(cloud: Cloud) -> None:
    """Deploy, play the story, print what arrived."""
    started = time.monotonic()
    notes.print(f"Local AWS on {cloud.settings.endpoint} (log: {cloud.settings.log})")
    application = Application(ROOT, "s3watch")
    with notes.status("Making the example buckets and objects"):
        furnish(cloud)
    notes.print(f"Buckets {', '.join(BUCKETS)} with {sum(map(len, BUCKETS.values()))} objects")
    with application.alone():
        deploy(cloud, application)
    played = play(list(acts(cloud)))
    wait(cloud, played)
    notes.print(f"\nAll of it took {time.monotonic() - started:.0f} s.")


def deploy(cloud: Cloud, application: Application) -> None:
    """`sam build` unless the build is fresh, then `sam deploy`."""
    began = time.monotonic()
    with notes.status("sam build (fetches the layer's packages, may take a minute)"):
        application.build(cloud)
    notes.print(f"sam build   {time.monotonic() - began:5.1f} s")
    began = time.monotonic()
    with notes.status("sam deploy"):
        application.deploy(cloud, {"WatchedBuckets": ",".join(BUCKETS), "AlertEmail": ADDRESS})
    notes.print(f"sam deploy  {time.monotonic() - began:5.1f} s\n")


def play(story: Sequence[Act]) -> list[tuple[Act, float]]:
    """Make the calls, each with the second it was made."""
    played = []
    for act in story:
        notes.print(f"  {act.what}")
        played.append((act, time.time()))
        act.play()
    return played


def wait(cloud: Cloud, played: Sequence[tuple[Act, float]], patience: float = PATIENCE) -> None:
    """Print each e-mail as it arrives.

    Raises SilenceError where one is missing after these seconds, or the expected access brought one.
    """
    open_acts = [(act, at) for act, at in played if not act.expected]
    with notes.status("Waiting for the e-mails") as status:
        for message in inbox.follow(cloud.settings.inbox, until=time.time() + patience):
            if message.protocol != "email" or message.endpoint != ADDRESS:
                continue
            told = next(((act, at) for act, at in open_acts if act.told_by(message)), None)
            status.stop()
            hand_over(message, told)
            status.start()
            if told:
                open_acts.remove(told)
            if not open_acts:
                break
    mistaken = [act.what for act, _ in played if act.expected and any(map(act.told_by, cloud.inbox("email")))]
    if mistaken:
        raise SilenceError(f"an e-mail came although {mistaken[0]}")
    if open_acts:
        missing = "; ".join(act.what for act, _ in open_acts)
        raise SilenceError(f"no e-mail within {patience:.0f} s for: {missing} (see {cloud.settings.log})")


def hand_over(message: Message, told: tuple[Act, float] | None) -> None:
    """Print one e-mail, and how long it took from the call."""
    after = f"{message.time - told[1]:.1f} s after {told[0].what}" if told else "and besides"
    notes.print(f"[bold]E-mail, {after}[/]")
    letters.print(f"{'-' * 78}\n{inbox.show(message)}")


def keep(cloud: Cloud) -> None:
    """Say how to go on, and wait for Ctrl-C."""
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
