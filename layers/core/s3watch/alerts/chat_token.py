"""Tokens that let a button in the chat judge the alert it is below, at the message that it is below.

A token is the alert's id, the number of the message, and an HMAC of both by a key that only the stack's
functions read: whoever may call the function that takes verdicts can judge no alert by a token of their own.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import NamedTuple

from s3watch.errors import RefusedError

LONGEST = 200  # characters of a token; ours have some 70
CODE = 32  # hexadecimal digits of an HMAC that are kept, 128 bits


class Shown(NamedTuple):
    """What the chat has shown."""

    alert: str
    sequence: int  # of the message


def write(shown: Shown, key: bytes) -> str:
    """Return the token of a message."""
    return f"{shown.alert}.{shown.sequence}.{_code(shown.alert, str(shown.sequence), key)}"


def read(token: object, key: bytes) -> Shown:
    """Return what a token is about. Raises RefusedError if it is not one of ours."""
    if isinstance(token, str) and len(token) <= LONGEST and token.isascii() and token.count(".") == 2:
        alert, sequence, code = token.split(".")
        if hmac.compare_digest(code, _code(alert, sequence, key)):
            return Shown(alert, int(sequence))
    raise RefusedError("this is no alert that the chat has shown")


def _code(alert: str, sequence: str, key: bytes) -> str:
    return hmac.new(key, f"{alert}.{sequence}".encode(), sha256).hexdigest()[:CODE]
