"""The ASGI layer around ministack: it sees calls and answers, and hands S3's and CloudTrail's to delivery."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ministack.core.router import detect_service, extract_access_key_id, extract_region

from local import request_context
from local.cloudtrail.calls import Call, keeps_body
from local.cloudtrail.delivery import Delivery
from local.cloudtrail.log_delivery import logging_trails
from local.messaging import bus
from local.request_context import Origin
from local.s3.access_logs import AccessLogs

Scope = Any  # ASGI's own dicts
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RECORDED = ("s3", "cloudtrail")


@dataclass(slots=True)
class Observer:
    """An ASGI application that is ministack, observed."""

    app: App
    delivery: Delivery
    access_logs: AccessLogs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; only HTTP requests to the recorded services are looked at."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] == bus.DOOR:
            await send_event(receive, send)
            return
        headers = placed(scope)
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        service = detect_service(scope["method"], scope["path"], headers, query)
        if service not in RECORDED or scope["path"].startswith("/_ministack"):
            await self.app(scope, receive, send)
            return
        began, trails = time.time(), logging_trails()
        access_key = extract_access_key_id(headers, query)
        request = Origin(scope["client"][0], access_key)
        keep = service == "cloudtrail" or keeps_body(scope["method"], query, scope["path"])
        exchange = Exchange(service, request, receive, send, keep)
        with request_context.at_work(request):
            await self.app(scope, exchange.receive, exchange.send)
        call = exchange.call(scope, headers, query, began)
        region = extract_region(headers, query)
        self.delivery.take(call, access_key, region, trails)
        self.access_logs.take(call, access_key, region)


async def send_event(receive: Receive, send: Send) -> None:
    """Answer the door for AWS services' events: its id, or why no service sends it."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    try:
        status, told = 200, {"EventId": bus.take(body)}
    except (KeyError, ValueError) as error:
        status, told = 400, {"message": f"{type(error).__name__}: {error}"}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


def placed(scope: Scope) -> dict[str, str]:
    """The headers; a caller places itself elsewhere by X-Forwarded-For, and loopback stands for TLS.

    Else every policy that denies aws:SecureTransport false, as ours do, would deny everything here.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if "x-forwarded-for" in headers:
        scope["client"] = (headers["x-forwarded-for"].partition(",")[0].strip(), 0)
    scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
    return headers


def target(scope: Scope) -> str:
    """Path and query as they were sent."""
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    return f"{path}?{query}" if query else path


@dataclass(slots=True)
class Exchange:
    """What passes between caller and ministack, counted, and kept where a record needs it."""

    service: str
    origin: Origin
    upstream: Receive
    downstream: Send
    keep: bool
    asked: bytearray = field(default_factory=bytearray)
    answer: bytearray = field(default_factory=bytearray)
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 0
    bytes_in: int = 0
    bytes_out: int = 0

    async def receive(self) -> Any:
        """Pass the request on."""
        message = await self.upstream()
        body = message.get("body", b"")
        self.bytes_in += len(body)
        if self.keep:
            self.asked += body
        return message

    async def send(self, message: Any) -> None:
        """Pass the answer on."""
        if message["type"] == "http.response.start":
            self._begin(message)
        body = message.get("body", b"")
        self.bytes_out += len(body)
        if self.keep or self.status >= 400:
            self.answer += body
        await self.downstream(message)

    def _begin(self, message: Any) -> None:
        """S3 names one request id, and its events too; ministack names two that differ, or none."""
        self.status = message["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        if self.service == "s3":
            self.headers |= {"x-amz-request-id": self.origin.id, "x-amz-id-2": self.origin.host_id}
            self.headers.pop("x-amzn-requestid", None)
        message["headers"] = [(name.encode(), value.encode()) for name, value in self.headers.items()]

    def call(self, scope: Scope, headers: dict[str, str], query: dict[str, list[str]], began: float) -> Call:
        """The call as it went."""
        return Call(
            service=self.service,
            method=scope["method"],
            path=scope["path"],
            query={name: values[0] for name, values in query.items()},
            headers=headers,
            body=bytes(self.asked),
            bytes_in=self.bytes_in,
            status=self.status,
            answer_headers=self.headers,
            answer=bytes(self.answer),
            bytes_out=self.bytes_out,
            ip=scope["client"][0],
            time=began,
            target=target(scope),
            took=time.time() - began,
        )
