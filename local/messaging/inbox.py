"""The inbox of all subscribers: `python -m local.messaging.inbox` prints it as e-mails, newest last."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from local.settings import Settings, SettingsError


@dataclass(frozen=True, slots=True)
class Message:
    """One message as one subscriber received it."""

    time: float  # epoch seconds of publishing
    id: str
    topic: str  # ARN
    protocol: str  # email, sms, sqs, https, ...; "none" where the topic has no subscriber
    endpoint: str
    subject: str | None
    body: str
    attributes: dict[str, str]


def append(path: Path, message: Message) -> None:
    """Append a message in a single write, so that lines of several threads do not mix."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(message)) + "\n")


def read(path: Path) -> list[Message]:
    """Read every message so far, oldest first; none if there is no inbox yet."""
    if not path.exists():
        return []
    whole = path.read_text(encoding="utf-8").rpartition("\n")[0]  # a last line still being written waits
    return [Message(**json.loads(line)) for line in whole.splitlines()]


def follow(path: Path, *, until: float, seen: int = 0) -> Iterator[Message]:
    """Yield messages after the first `seen` as they arrive, until the epoch second `until`."""
    while True:
        for message in read(path)[seen:]:
            seen += 1
            yield message
        if time.time() >= until:
            return
        time.sleep(0.1)


def show(message: Message) -> str:
    """Render a message as a mail program would."""
    sent = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(message.time))
    head = [
        f"From:    {message.topic.rpartition(':')[2]} ({message.topic})",
        f"To:      {message.protocol} {message.endpoint}",
        f"Date:    {sent}",
        f"Subject: {message.subject or '(none)'}",
    ]
    attributes = ", ".join(f"{name}={value}" for name, value in sorted(message.attributes.items()))
    return "\n".join(
        [*head, *([f"Filter:  {attributes}"] if attributes else []), "", message.body.rstrip(), ""]
    )


def main() -> None:
    """Print the inbox; exits 1 with one line if there is none."""
    parser = argparse.ArgumentParser(prog="python -m local.messaging.inbox", description=main.__doc__)
    parser.add_argument("--protocol", help="only messages to subscribers of this protocol, such as email")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, as kept")
    options = parser.parse_args()
    try:
        settings = Settings.read()
    except SettingsError as error:
        sys.exit(str(error))
    messages = [message for message in read(settings.inbox) if options.protocol in (None, message.protocol)]
    if not messages:
        sys.exit("the inbox is empty: run `make demo`")
    try:
        _print(messages, as_json=options.json)
    except BrokenPipeError:  # as `head` leaves; what Python still writes when it ends goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(messages: Iterable[Message], *, as_json: bool) -> None:
    for message in messages:
        print(json.dumps(asdict(message)) if as_json else f"{'-' * 78}\n{show(message)}")  # noqa: T201
    sys.stdout.flush()


if __name__ == "__main__":
    main()
