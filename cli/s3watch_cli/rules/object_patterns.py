"""Parses `s3://bucket/key` patterns of the catalogue and of exceptions.

`*` and `**` match any text, `/` included, `?` matches one character, a backslash escapes `*`, `?` or itself;
`s3://bucket` matches every object in the bucket. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from s3watch import globs

from s3watch_cli.rules.diagnostics import InvalidInputError

KEY_BYTES = 1024  # S3's own limit for a key
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
WILD_BUCKET = re.compile(r"[a-z0-9.*?-]{1,63}")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
ALIASES = ("-s3alias", "--ol-s3")  # of access points; facts name the bucket behind them
LOG_BUCKETS = "aws-cloudtrail-logs-"  # the console's prefix for the bucket of a new trail
TOKEN = re.compile(r"(\\[*?\\])|(\*+)|(\?)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ObjectPattern:
    """A pattern of objects; `key` is a glob as s3watch.globs reads it."""

    bucket: str
    key: str

    @property
    def wild(self) -> bool:
        """Whether the bucket has wildcards."""
        return "*" in self.bucket or "?" in self.bucket

    @property
    def uri(self) -> str:
        """The normalized pattern."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def exact(self) -> str | None:
        """The unescape key, None for a pattern with wildcards."""
        return globs.unescape(self.key) if globs.is_literal(self.key) else None

    @property
    def prefix(self) -> str | None:
        """The literal prefix, None unless the pattern is a prefix and a star."""
        head = self.key[:-1]
        if self.exact is not None or not self.key.endswith("*") or not globs.is_literal(head):
            return None
        return globs.unescape(head)


def parse_pattern(text: str) -> ObjectPattern:
    """Parse a pattern. Raises InvalidInputError."""
    if text.startswith("arn:"):
        raise InvalidInputError(f"`{text}` is an ARN", f"write s3://{text.rpartition(':')[2]}")
    scheme, separator, rest = text.partition("://")
    if not separator or scheme != "s3":
        raise InvalidInputError(f"`{text}` is not s3://bucket/key", f"write s3://{rest or text}")
    if any(ord(char) < 32 for char in text):
        raise InvalidInputError("a control character in a pattern", "write `?` for it")
    bucket, _, key = rest.partition("/")
    _check_bucket(bucket)
    if len(TOKEN.sub(_unescaped, key).encode()) > KEY_BYTES:
        raise InvalidInputError(f"a key of more than {KEY_BYTES} bytes, S3's limit", "write a shorter prefix")
    return ObjectPattern(bucket, "".join(map(_token, TOKEN.findall(key))) or "*")


def refuse_log_bucket(pattern: ObjectPattern) -> None:
    """Refuse to watch the bucket of a trail; an exception may name it. Raises InvalidInputError."""
    if pattern.bucket.startswith(LOG_BUCKETS):
        why = "holds CloudTrail's log files, and each delivery to it would be recorded in turn"
        raise InvalidInputError(f"`{pattern.bucket}` {why}", "remove it")


def _unescaped(found: re.Match[str]) -> str:
    return found[0].removeprefix("\\") or found[0]


def _token(found: tuple[str, str, str, str]) -> str:
    escaped, stars, one, plain = found
    if stars:
        return "*"
    return escaped or one or (plain if plain != "\\" else "\\\\")


def _check_bucket(bucket: str) -> None:
    shape = WILD_BUCKET if "*" in bucket or "?" in bucket else BUCKET
    if not shape.fullmatch(bucket) or ".." in bucket or ADDRESS.fullmatch(bucket):
        raise InvalidInputError(
            f"`{bucket}` is not a bucket name",
            "use 3 to 63 of a-z, 0-9, dots and hyphens, as in s3://my-bucket/prefix/*",
        )
    if bucket.endswith(ALIASES):
        raise InvalidInputError(f"`{bucket}` is an access point alias", "write the name of its bucket")
