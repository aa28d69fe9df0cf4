"""The local AWS as a process: starts it, makes clients for any caller, stops it and all it started."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import boto3
from botocore import UNSIGNED
from botocore.config import Config

from local import request_counts
from local.messaging.inbox import Message, read
from local.settings import ACCOUNT, REGION, ROOT_SECRET, Settings, client_environment

ROOT = Path(__file__).parent.parent
READY_SECONDS = 60  # it takes one; a cold, busy machine took 15


class StartError(Exception):
    """The local AWS did not start; the message says where to look."""


class EventRefusedError(Exception):
    """No AWS service sends such an event."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Credentials of somebody in the local AWS."""

    access_key: str
    secret: str
    token: str | None = None


def root(account: str = ACCOUNT) -> Keys:
    """Return the root credentials of an account; ministack knows any account."""
    return Keys(account, ROOT_SECRET)


@dataclass(frozen=True, slots=True)
class Cloud:
    """A running local AWS."""

    settings: Settings

    def client(
        self, service: str, keys: Keys | None = None, *, ip: str | None = None, agent: str | None = None
    ) -> Any:
        """Make a boto3 client: of the account's root without `keys`, calling from `ip` if given."""
        who = keys or root()
        session: Any = boto3.Session(who.access_key, who.secret, who.token, REGION)
        config = _config(service, agent)
        client = calling_from(session.client(service, endpoint_url=self.settings.endpoint, config=config), ip)
        client.meta.events.register("before-send.s3-control", self._send_here)
        return client

    def _send_here(self, request: Any, **_: Any) -> None:
        """Send a request here: S3 Control prefixes the host with the account, which no DNS resolves."""
        path = urlsplit(request.url)._replace(scheme="", netloc="").geturl()
        request.url = f"{self.settings.endpoint}{path}"

    def anonymous(self, *, ip: str | None = None) -> Any:
        """Make an S3 client that sends unsigned requests."""
        session: Any = boto3.Session("none", "none", region_name=REGION)
        config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
        return calling_from(session.client("s3", endpoint_url=self.settings.endpoint, config=config), ip)

    def environment(self) -> dict[str, str]:
        """Return this process's environment with the variables that point AWS tools to the local AWS."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        return {
            **kept,
            "PATH": os.pathsep.join((str(Path(sys.executable).parent), kept.get("PATH", os.defpath))),
            "TMPDIR": str(self.settings.temporary),  # `sam deploy` leaves folders in it
            **client_environment(self.settings.endpoint),
            **self.settings.variables(),
        }

    def service_event(
        self,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        resources: Sequence[str] = (),
        *,
        account: str = ACCOUNT,
        region: str = REGION,
    ) -> str:
        """Put an AWS service's event, such as one of aws.config, on an account's default bus; returns its id.

        Raises EventRefusedError for a source that is no AWS service.
        """
        event = {
            "source": source, "detail-type": detail_type, "detail": detail, "resources": list(resources),
            "account": account, "region": region,
        }  # fmt: skip
        door, body = f"{self.settings.endpoint}/_local/events", json.dumps(event).encode()
        try:
            with urllib.request.urlopen(door, body, timeout=30) as answer:  # noqa: S310 - our own endpoint
                return str(json.loads(answer.read())["EventId"])
        except urllib.error.HTTPError as refusal:
            raise EventRefusedError(json.loads(refusal.read())["message"]) from refusal

    def requests(self) -> dict[str, int]:
        """Return how many requests of each kind AWS would have charged for since the start."""
        door = self.settings.endpoint + request_counts.PATH
        with urllib.request.urlopen(door, timeout=30) as answer:  # noqa: S310 - our own endpoint
            told: dict[str, int] = json.loads(answer.read())
        return told

    def inbox(self, protocol: str | None = None) -> list[Message]:
        """Return the messages that subscribers have received so far."""
        return [message for message in read(self.settings.inbox) if protocol in (None, message.protocol)]


def calling_from(client: Any, ip: str | None) -> Any:
    """Have a client send X-Forwarded-For, so that the local AWS takes `ip` for its address."""

    def place(request: Any, **_: Any) -> None:
        request.headers["X-Forwarded-For"] = ip

    if ip:
        client.meta.events.register("before-send", place)
    return client


def _config(service: str, agent: str | None) -> Config:
    """Without retries: a denied call is often the point, and each retry would be another record."""
    signature = "s3v4" if service == "s3" else "v4"  # else boto3 presigns URLs of a custom endpoint by SigV2
    return Config(user_agent=agent, retries={"total_max_attempts": 1}, signature_version=signature)


@contextmanager
def running(settings: Settings) -> Iterator[Cloud]:
    """Run a local AWS for the length of a `with` block; its Lambda processes end with it.

    Raises StartError if it does not start.
    """
    if answers(settings.endpoint):
        raise StartError(
            f"something answers on {settings.endpoint} already: choose another LOCAL_AWS_PORT, or none"
        )
    try:
        settings.temporary.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StartError(
            f"{settings.folder} cannot be made: {error.strerror}; name another LOCAL_AWS_FOLDER"
        ) from error
    with settings.log.open("wb") as log, _process(settings, log) as process:
        try:
            _wait(settings, process)
            yield Cloud(settings)
        finally:
            _end(process)
            shutil.rmtree(settings.temporary, ignore_errors=True)


def _process(settings: Settings, log: BinaryIO) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "local.start", "--until-stdin-closes"],
        cwd=ROOT,
        env=os.environ | settings.variables() | {"TMPDIR": str(settings.temporary)},
        process_group=0,  # Ctrl-C is ours to handle
        stdin=subprocess.PIPE,  # closed when this process ends, however it does
        stdout=log,
        stderr=log,
    )


def _wait(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + READY_SECONDS
    while not answers(settings.endpoint):
        if process.poll() is not None or time.monotonic() > until:
            end = settings.log.read_text(errors="replace").strip().rpartition("\n")[2]
            raise StartError(f"the local AWS did not start: {end} (see {settings.log})")
        time.sleep(0.05)


def answers(endpoint: str) -> bool:
    """Tell whether a local AWS answers at this endpoint."""
    try:
        with urllib.request.urlopen(f"{endpoint}/_ministack/ready", timeout=1):  # noqa: S310 - our own endpoint
            return True
    except (urllib.error.URLError, OSError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)  # it takes one, two with busy Lambda processes
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
