"""Recognizes the program behind a request by its user agent, which clients can forge.

S3 records the user agent in brackets, other services do not.
"""

from __future__ import annotations

import re
from functools import lru_cache

UNKNOWN = "unknown"

# Text in a user agent, in lower case, and the program's name. The first match wins: programs come before the
# SDKs they are built on, and browsers last.
_CLIENTS: tuple[tuple[str, str], ...] = (
    ("s3console", "console"),
    ("console.amazonaws.com", "console"),
    ("signin.amazonaws.com", "console"),
    ("terraform", "terraform"),
    ("opentofu", "opentofu"),
    ("pulumi", "pulumi"),
    ("cloudformation", "cloudformation"),
    ("aws-cli", "aws-cli"),
    ("awspowershell", "aws-powershell"),
    ("aws-internal", "aws-service"),
    ("aws internal", "aws-service"),
    ("amazonaws.com", "aws-service"),
    ("mountpoint-s3", "mountpoint-s3"),
    ("rclone", "rclone"),
    ("s3 browser", "s3-browser"),
    ("cyberduck", "cyberduck"),
    ("mountain duck", "mountain-duck"),
    ("cloudberry", "cloudberry"),
    ("winscp", "winscp"),
    ("filezilla", "filezilla"),
    ("transmit", "transmit"),
    ("s5cmd", "s5cmd"),
    ("s4cmd", "s4cmd"),
    ("s3cmd", "s3cmd"),
    ("s3fs", "s3fs"),
    ("goofys", "goofys"),
    ("minio", "minio"),
    ("restic", "restic"),
    ("duplicati", "duplicati"),
    ("veeam", "veeam"),
    ("hadoop", "hadoop"),
    ("s3scanner", "s3scanner"),
    ("nuclei", "nuclei"),
    ("nmap", "nmap"),
    ("aiobotocore", "aiobotocore"),
    ("boto3", "boto3"),
    ("botocore", "botocore"),
    ("aws-sdk-go-v2", "aws-sdk-go"),
    ("curl", "curl"),
    ("wget", "wget"),
    ("python-requests", "python-requests"),
    ("python-urllib", "python-urllib"),
    ("python-httpx", "python-httpx"),
    ("aiohttp", "aiohttp"),
    ("go-http-client", "go-http-client"),
    ("okhttp", "okhttp"),
    ("axios", "axios"),
    ("postman", "postman"),
    ("powershell", "powershell"),
    ("mozilla/", "browser"),
)
_SDK = re.compile(r"aws-sdk-([a-z]+)")
_VERSION = re.compile(r"[a-z0-9-]*?[/ ]v?(\d+)(?:[.-](\d+))?", re.IGNORECASE)
# The version next to these is another program's
_VERSIONLESS = frozenset({"console", "aws-service", "browser"})


@lru_cache(maxsize=4096)  # user agents repeat; the bound holds against forged ones
def name_client(user_agent: str | None) -> str:
    """Return the program's name; `unknown` if the user agent is absent or not recognized."""
    return _find(_unwrap(user_agent))[0]


@lru_cache(maxsize=4096)  # as above
def describe_client(user_agent: str | None) -> str:
    """Return the program's name and version, `aws-cli 2.31`; an unknown one is named by its first word."""
    agent = _unwrap(user_agent)
    name, end = _find(agent)
    if name == UNKNOWN:
        return re.split(r"[/\s]", agent, maxsplit=1)[0] or UNKNOWN
    version = _VERSION.match(agent, end)
    if name in _VERSIONLESS or version is None:
        return name
    return f"{name} {'.'.join(filter(None, version.groups()))}"


def _find(agent: str) -> tuple[str, int]:
    """Return the program's name, and the index at which its version begins."""
    folded = agent.lower()
    for needle, name in _CLIENTS:
        at = folded.find(needle)
        if at >= 0:
            return name, at + len(needle)
    sdk = _SDK.search(folded)
    return (sdk.group(), sdk.end()) if sdk else (UNKNOWN, 0)


def _unwrap(user_agent: str | None) -> str:
    return (user_agent or "").removeprefix("[").removesuffix("]").strip()
