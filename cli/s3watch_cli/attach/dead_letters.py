"""Shows what a stack could not read, and sends it back to be read again.

Whatever is read a second time is told once: the ledger knows an access by its request, whichever way it
comes. One that is sent back and not yet deleted, as something failed in between, is read twice, no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import typer
from s3watch.errors import RefusedError
from s3watch.text import clean, count

from s3watch_cli.attach.aws_errors import translate_errors
from s3watch_cli.attach.calls import Account
from s3watch_cli.attach.deployed_stack import read_stack
from s3watch_cli.output import Format, note, show

type QueueName = Literal["events", "log-files", "findings", "reviews"]
OUTPUTS: Mapping[QueueName, str] = {  # of the queues that dead letters come from
    "events": "EventQueue", "log-files": "LogFileQueue", "findings": "FindingQueue", "reviews": "ReviewQueue",
}  # fmt: skip
DEAD_LETTERS = {"events": "dead-letters"}  # else the name of the queue and this at its end
COLUMNS = ("queue", "sent", "receives", "reason", "what")
BATCH = 10  # messages of one call: the most that SQS gives
MOST = 1000  # messages of one run
HELD = 600  # seconds for which nobody else gets them: as long as it may take to look through or move so many
SHOWN = 120  # characters of a message: the first line of a terminal


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead letter, as it was received."""

    queue: QueueName
    url: str  # of its own queue
    back: str  # where it came from
    message: Mapping[str, Any]

    def row(self) -> dict[str, Any]:
        """Return what is known of it."""
        attributes, said = self.message["Attributes"], self.message.get("MessageAttributes", {})
        reasons = (
            said.get(name, {}).get("StringValue") for name in ("reason", "ERROR_MESSAGE", "ERROR_CODE")
        )
        sent = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC)
        return {
            "queue": self.queue,
            "id": self.message["MessageId"],
            "sent": f"{sent:%Y-%m-%dT%H:%M:%SZ}",
            "receives": int(attributes.get("ApproximateReceiveCount", 0)),
            "reason": clean(next(filter(None, reasons), ""), 256),
            "what": clean(self.message["Body"], SHOWN),
        }


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues of a stack that have dead letters: each with where these come from."""

    sqs: Any
    urls: Mapping[QueueName, tuple[str, str]]

    @classmethod
    def open(cls, stack: str, profile: str | None, region: str | None) -> Queues:
        """Read a stack's queues with these credentials. Raises RefusedError."""
        account = Account.open(profile, region)
        outputs = read_stack(account.client("cloudformation"), stack).outputs
        urls = {
            name: (_dead_letters_of(name, outputs[output]), outputs[output])
            for name, output in OUTPUTS.items()
            if output in outputs
        }
        if not urls:
            raise RefusedError(f"the stack {stack} has no queues; name the one of s3watch with --stack")
        return cls(account.client("sqs"), urls)

    def receive(self, only: Collection[QueueName] = ()) -> list[Letter]:
        """Return the dead letters of these queues, at most MOST; nobody else gets them for a while."""
        found: list[Letter] = []
        for name, (url, back) in self.urls.items():
            for message in self._messages(url) if not only or name in only else ():
                found.append(Letter(name, url, back, message))
                if len(found) == MOST:
                    return found
        return found

    def _messages(self, url: str) -> Iterator[Mapping[str, Any]]:
        while True:
            with translate_errors(url):
                answer = self.sqs.receive_message(
                    QueueUrl=url, MaxNumberOfMessages=BATCH, VisibilityTimeout=HELD,
                    MessageAttributeNames=["All"], AttributeNames=["All"],
                )  # fmt: skip
            if not (some := answer.get("Messages")):
                return
            yield from some

    def release(self, letters: Sequence[Letter]) -> None:
        """Let others have them again."""
        for letter in letters:
            with translate_errors(letter.url):
                self.sqs.change_message_visibility(
                    QueueUrl=letter.url, ReceiptHandle=letter.message["ReceiptHandle"], VisibilityTimeout=0
                )

    def send_back(self, letter: Letter) -> None:
        """Send one to where it came from, then delete it. Raises RefusedError."""
        with translate_errors(letter.back):
            self.sqs.send_message(QueueUrl=letter.back, MessageBody=letter.message["Body"])
        with translate_errors(letter.url):
            self.sqs.delete_message(QueueUrl=letter.url, ReceiptHandle=letter.message["ReceiptHandle"])


def _dead_letters_of(name: QueueName, url: str) -> str:
    """Return the URL of the dead letters of a queue, as the templates name them."""
    start = url.removesuffix("-events") if name in DEAD_LETTERS else url
    return f"{start}-dead-letters"


def redrive(queues: Queues, only: Collection[QueueName], form: Format, *, write: bool) -> None:
    """Print the dead letters and, if asked, send them back. Raises Exit(1) if some are left."""
    letters = queues.receive(only)
    show([letter.row() for letter in letters], form, COLUMNS)
    if not letters:
        note("no dead letters")
        return
    if not write:
        queues.release(letters)
        note(f"{count(len(letters), 'dead letter')}; once their cause is mended, --write sends them back")
        raise typer.Exit(1)
    moved = 0
    try:
        for letter in letters:
            queues.send_back(letter)
            moved += 1
    finally:
        note(f"{moved} of {count(len(letters), 'dead letter')} sent back; what fails again will return")
        if moved < len(letters):
            queues.release(letters[moved:])
