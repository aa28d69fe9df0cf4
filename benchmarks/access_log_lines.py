"""The access-log lines that S3 would write of made-up accesses.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

OWNER = "078d85edf7268fb4814b1b4fc9f4c64adfde218b6b489a38ecf1b269f14f3c7a"
START, IN_A_SECOND = datetime(2026, 11, 20, tzinfo=UTC), 50  # requests, as in the log of a busy bucket
VERBS = {"GetObject": "GET", "PutObject": "PUT", "HeadObject": "HEAD", "DeleteObject": "DELETE"}


def make_lines(events: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Yield a line for each request of the four most frequent calls on an object, some in a second."""
    logged = (event for event in events if event["eventName"] in VERBS)
    for number, event in enumerate(logged):
        time = START + timedelta(seconds=number // IN_A_SECOND)
        yield _make_line(event, VERBS[event["eventName"]], time.strftime("%d/%b/%Y:%H:%M:%S %z")).encode()


def _make_line(event: dict[str, Any], verb: str, time: str) -> str:
    request, added = event["requestParameters"], event.get("additionalEventData", {})
    key = quote(request["key"])
    denied = event.get("errorCode")
    return (
        f"{OWNER} {request['bucketName']} [{time}] {event['sourceIPAddress']} {event['userIdentity'].get('arn', '-')}"
        f' {event["requestID"]} REST.{verb}.OBJECT {quote(key)} "{verb} /{key} HTTP/1.1" {"403" if denied else "200"}'
        f' {denied or "-"} {added.get("bytesTransferredOut") or "-"} - 21 20 "-" "{event["userAgent"]}" -'
        f" {added.get('x-amz-id-2', '-')} {added.get('SignatureVersion', '-')} TLS_AES_128_GCM_SHA256"
        f" {added.get('AuthenticationMethod', '-')} {request['Host']} TLSv1.3 - -"
    )
