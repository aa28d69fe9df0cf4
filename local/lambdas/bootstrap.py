"""The process of one Lambda execution environment: imports the handler once, then answers one event per line.

Runs with `python -I -S`: it can import the standard library and the folders named on its command line, in
Lambda's order (code, layers, the runtime's own boto3), and nothing else of the machine. It speaks ministack's
protocol for workers, JSON lines on stdin and stdout; what the function prints goes to stderr, its log.
"""

from __future__ import annotations

import importlib
import json
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from typing import Any, TextIO
from urllib.parse import urlsplit

Handler = Callable[[Any, Any], Any]


class Context:
    """Lambda's context object.

    https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    identity = None
    client_context = None

    def __init__(self, call: dict[str, Any]) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = call["invoked_function_arn"]
        self.aws_request_id = call["request_id"]
        self._end = time.time() + call["timeout_ms"] / 1000

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends this invocation."""
        return max(0, int((self._end - time.time()) * 1000))


def answer_names(endpoint: str) -> None:
    """Resolve each name under the endpoint's host to that host: S3 Control prefixes it with the account."""
    host = urlsplit(endpoint).hostname
    look_up = socket.getaddrinfo

    def looked_up(name: Any, *rest: Any, **named: Any) -> Any:
        return look_up(host if str(name).endswith(f".{host}") else name, *rest, **named)

    socket.getaddrinfo = looked_up  # type: ignore[assignment]  # the same for every name but those


def find(name: str) -> Handler:
    """Import `package/module.function` as Lambda does."""
    module, _, function = name.replace("/", ".").rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def answer(handler: Handler, message: dict[str, Any]) -> dict[str, Any]:
    """Run one invocation; an exception of the function is an answer too."""
    try:
        return {"status": "ok", "result": handler(message["event"], Context(message["ctx"]))}
    except Exception as error:  # noqa: BLE001 - any failure of the function is its caller's to know
        return {
            "status": "error",
            "error": f"{type(error).__name__}: {error}",
            "trace": traceback.format_exc(),
        }


def say(out: TextIO, message: dict[str, Any]) -> None:
    """Write one line of the protocol; a result that is not JSON fails the invocation, as in Lambda."""
    try:
        line = json.dumps(message)
    except TypeError as error:
        line = json.dumps({"status": "error", "error": f"Runtime.MarshalError: {error}"})
    out.write(line + "\n")
    out.flush()


def run(folders: list[str]) -> None:
    """Serve until stdin closes: the server closed it, or ended."""
    out, sys.stdout = sys.stdout, sys.stderr
    sys.path[:0] = folders[:-1]
    sys.path.append(folders[-1])  # the runtime's boto3 comes after the standard library, as on Lambda
    answer_names(os.environ["AWS_ENDPOINT_URL"])
    try:
        handler = find(os.environ["_HANDLER"])
    except Exception:  # noqa: BLE001 - an import failure is the function's
        say(out, {"status": "error", "error": traceback.format_exc(limit=-3)})
        return
    say(out, {"status": "ready"})
    for line in sys.stdin:
        say(out, answer(handler, json.loads(line)))


if __name__ == "__main__":
    run(sys.argv[1:])
