"""The ASGI layer around ministack: passes calls on S3, CloudTrail and STS, and their answers, to delivery."""

from __future__ import annotations

import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from ministack.core.router import detect_service, extract_access_key_id, extract_region

from local import request_context, request_counts
from local.cloudtrail.calls import Call, keeps_body
from local.cloudtrail.delivery import Delivery
from local.cloudtrail.log_delivery import logging_trails
from local.messaging import bus
from local.request_context import RequestContext
from local.s3.access_logs import AccessLogs

Scope = Any  # ASGI's own dicts
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

RECORDED = ("s3", "cloudtrail", "sts")


@dataclass(slots=True)
class Observer:
    """An ASGI application that is ministack, observed."""

    app: App
    delivery: Delivery
    access_logs: AccessLogs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection; only HTTP requests to the recorded services are observed."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if scope["path"] == bus.EVENTS_PATH:
            await send_event(receive, send)
            return
        headers = read_headers(scope)
        query = parse_qs(scope["query_string"].decode(), keep_blank_values=True)
        if scope["path"] == request_counts.PATH:
            await _answer(send, 200, request_counts.counted())
            return
        service = detect_service(scope["method"], scope["path"], headers, query)
        request_counts.add(_name(service, scope, headers))
        if service not in RECORDED or scope["path"].startswith("/_ministack"):
            await self.app(scope, receive, send)
            return
        began, trails = time.time(), logging_trails()
        access_key = extract_access_key_id(headers, query)
        request = RequestContext(scope["client"][0], access_key)
        keep = service != "s3" or keeps_body(scope["method"], query, scope["path"])
        exchange = Exchange(service, request, receive, send, keep)
        with request_context.serving(request):
            await self.app(scope, exchange.receive, exchange.send)
        call = exchange.call(scope, headers, query, began)
        region = extract_region(headers, query)
        self.delivery.take(call, access_key, region, trails)
        self.access_logs.take(call, access_key, region)


async def send_event(receive: Receive, send: Send) -> None:
    """Answer POST /_local/events: the id of the event put on the bus, or why no AWS service sends it."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    try:
        status, told = 200, {"EventId": bus.put_json(body)}
    except (KeyError, ValueError) as error:
        status, told = 400, {"message": f"{type(error).__name__}: {error}"}
    await _answer(send, status, told)


async def _answer(send: Send, status: int, told: object) -> None:
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(told).encode()})


def _name(service: str, scope: Scope, headers: Mapping[str, str]) -> str:
    """Return what a request is counted as: its operation, for S3 the method and the bucket."""
    if service == "s3":
        return f"s3:{scope['method']} {scope['path'].split('/')[1]}"
    return f"{service}:{headers.get('x-amz-target', scope['method']).rpartition('.')[2]}"


def read_headers(scope: Scope) -> dict[str, str]:
    """Return the headers; X-Forwarded-For sets the caller's address, and loopback counts as TLS.

    Otherwise every policy that denies aws:SecureTransport false, as ours do, would deny every call here.
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if "x-forwarded-for" in headers:
        scope["client"] = (headers["x-forwarded-for"].partition(",")[0].strip(), 0)
    scope["headers"] = [*scope["headers"], (b"x-forwarded-proto", b"https")]
    return headers


def target(scope: Scope) -> str:
    """Return path and query as they were sent."""
    query = scope["query_string"].decode("latin-1")
    path: str = scope["raw_path"].partition(b"?")[0].decode("latin-1")
    return f"{path}?{query}" if query else path


@dataclass(slots=True)
class Exchange:
    """One request and its answer: bytes are counted, bodies kept where a record needs them."""

    service: str
    origin: RequestContext
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
        """Put our request id into the answer: S3's events repeat it, ministack's differ."""
        self.status = message["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in message["headers"]}
        if self.service == "s3":
            self.headers |= {"x-amz-request-id": self.origin.id, "x-amz-id-2": self.origin.host_id}
            self.headers.pop("x-amzn-requestid", None)
        message["headers"] = [(name.encode(), value.encode()) for name, value in self.headers.items()]

    def call(self, scope: Scope, headers: dict[str, str], query: dict[str, list[str]], began: float) -> Call:
        """Return the call once it is answered."""
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
