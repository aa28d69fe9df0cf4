"""Settings of the local AWS, from its environment, and the environment that ministack needs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any

ACCOUNT = "111122223333"  # AWS's own example account; everything is deployed here
STRANGER = "444455556666"  # another example account, for callers from outside
REGION = "eu-west-1"
LOOPBACK = "127.0.0.1"

# ministack takes a 12-digit access key for the root of that account; its secret is this word
ROOT_SECRET = "test"  # noqa: S105 - a key to nothing: the server listens on loopback and holds example data


class SettingsError(Exception):
    """Variables that are no settings; the message has a line for each, with what to write."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one local AWS runs: port, folder, limits and speed."""

    port: int
    folder: Path
    workers: int = 3  # Lambda processes at a time; unbounded, a burst of 200 forked 158 and stalled two cores
    speed: float = 1.0  # rate(1 minute) fires every 60/speed seconds
    event_delay: float = 0.2  # seconds from call to bus; seconds to minutes on AWS
    log_interval: float = 5.0  # seconds between log files; about 5 minutes on AWS

    @property
    def endpoint(self) -> str:
        """Where every service of this local AWS answers."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def log(self) -> Path:
        """The file that holds what the server and the functions wrote."""
        return self.folder / "aws.log"

    @property
    def inbox(self) -> Path:
        """The file that holds what subscribers received."""
        return self.folder / "inbox.ndjson"

    @property
    def temporary(self) -> Path:
        """The folder for temporary files of the server, the functions and sam; it goes with the local AWS."""
        return self.folder / "tmp"

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """Read LOCAL_AWS_PORT, LOCAL_AWS_FOLDER and so on; without a port, a free one is chosen.

        Raises SettingsError.
        """
        given: dict[str, Any] = {}
        mistakes = []
        for name, (kind, holds, instead) in _KINDS.items():
            if value := environment.get(f"LOCAL_AWS_{name.upper()}"):
                try:
                    given[name] = kind(value)
                    wrong = not holds(given[name])
                except ValueError:
                    wrong = True
                if wrong:
                    mistakes.append(f"LOCAL_AWS_{name.upper()} is {value!r}: write {instead}")
        if mistakes:
            raise SettingsError("\n".join(mistakes))
        return cls(**{"port": free_port(), "folder": Path(".local-aws").absolute(), **given})

    def variables(self) -> dict[str, str]:
        """Return the environment from which `read` makes these settings again."""
        return {f"LOCAL_AWS_{name.upper()}": str(getattr(self, name)) for name in _KINDS}


# What a value is made with, what must hold of it, and what to write instead.
_KINDS: Mapping[str, tuple[Callable[[str], Any], Callable[[Any], bool], str]] = {
    "port": (int, lambda port: 0 < port < 65536, "a port, from 1 to 65535"),
    "folder": (lambda value: Path(value).absolute(), lambda _: True, "a folder"),
    "workers": (int, lambda number: number > 0, "a number of processes, from 1"),
    "speed": (float, lambda speed: 0 < speed < inf, "a number greater than 0"),
    "event_delay": (float, lambda seconds: 0 <= seconds < inf, "seconds, from 0"),
    "log_interval": (float, lambda seconds: 0 < seconds < inf, "seconds, greater than 0"),
}


def free_port() -> int:
    """Find a loopback port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def client_environment(endpoint: str, account: str = ACCOUNT) -> dict[str, str]:
    """Return the AWS_* variables that make AWS tools call the local AWS as the account's root."""
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": account,
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,  # a profile of the user's own must not send anything elsewhere
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAM_CLI_TELEMETRY": "0",
    }


def server_environment(settings: Settings) -> dict[str, str]:
    """Return the variables that ministack reads when it is imported."""
    return {
        "AUTH": "true",  # IAM is enforced, as on AWS
        "BIND_HOST": LOOPBACK,  # its default is every interface
        "GATEWAY_PORT": str(settings.port),
        "MINISTACK_HOST": LOOPBACK,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{os.devnull}/none",  # no containers, so no search for them
        "AWS_ACCESS_KEY_ID": ROOT_SECRET,  # ministack takes the key it finds here for root's
        "AWS_SECRET_ACCESS_KEY": ROOT_SECRET,
    }
