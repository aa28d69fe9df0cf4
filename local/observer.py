"""The ASGI layer around ministack: it sees calls and answers, and hands S3's and CloudTrail's to delivery."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ministack.core.router import detect_service, extract_access_key_id, extract_region

from local.calls import Call, keeps_body
from local.delivery import Delivery, logging_trails

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

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; only HTTP requests to the recorded services are looked at."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = placed(scope)
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        service = detect_service(scope["method"], scope["path"], headers, query)
        if service not in RECORDED or scope["path"].startswith("/_ministack"):
            await self.app(scope, receive, send)
            return
        began, trails = time.time(), logging_trails()
        exchange = Exchange(
            service, receive, send, service == "cloudtrail" or keeps_body(scope["method"], query)
        )
        await self.app(scope, exchange.receive, exchange.send)
        call = exchange.call(scope, headers, query, began)
        self.delivery.take(
            call, extract_access_key_id(headers, query), extract_region(headers, query), trails
        )


def placed(scope: Scope) -> dict[str, str]:
    """The headers; a caller places itself elsewhere by X-Forwarded-For, and loopback stands for TLS.

    Else every policy that denies aws:SecureTransport false, as ours do, would deny everything here.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if "x-forwarded-for" in headers:
        scope["client"] = (headers["x-forwarded-for"].partition(",")[0].strip(), 0)
    scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
    return headers


@dataclass(slots=True)
class Exchange:
    """What passes between caller and ministack, counted, and kept where a record needs it."""

    service: str
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
        """S3 names one request id; ministack names two that differ, or none where IAM refuses."""
        self.status = message["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        if self.service == "s3":
            self.headers.setdefault("x-amz-request-id", secrets.token_hex(8).upper())
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
        )
