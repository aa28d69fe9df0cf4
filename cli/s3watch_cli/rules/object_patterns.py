"""`s3://bucket/key` patterns as people write them in the catalogue and in exceptions.

`*` is any text and crosses `/`, `**` is the same, `?` is one character, a backslash makes `*`, `?` or itself
literal; `s3://bucket` is everything in it. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from s3watch import globs

from s3watch_cli.rules.diagnostics import RefusedError

KEY_BYTES = 1024  # S3's own limit for a key
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
WILD_BUCKET = re.compile(r"[a-z0-9.*?-]{1,63}")
ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
ALIASES = ("-s3alias", "--ol-s3")  # of access points; CloudTrail's facts are resolved to the bucket itself
LOG_BUCKETS = "aws-cloudtrail-logs-"  # how the console names the bucket of a new trail
TOKEN = re.compile(r"(\\[*?\\])|(\*+)|(\?)|(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class ObjectPattern:
    """Which objects of which buckets are meant; `key` is in the library's pattern language."""

    bucket: str
    key: str

    @property
    def wild(self) -> bool:
        """Whether the bucket is a pattern too."""
        return "*" in self.bucket or "?" in self.bucket

    @property
    def uri(self) -> str:
        """The pattern in its one spelling."""
        return f"s3://{self.bucket}/{self.key}"

    @property
    def exact(self) -> str | None:
        """The one key that is meant, if it is one."""
        return globs.unescape(self.key) if globs.is_literal(self.key) else None

    @property
    def prefix(self) -> str | None:
        """The literal prefix, if the pattern is one and a star."""
        head = self.key[:-1]
        if self.exact is not None or not self.key.endswith("*") or not globs.is_literal(head):
            return None
        return globs.unescape(head)


def parse_pattern(text: str) -> ObjectPattern:
    """Read a pattern. Raises RefusedError."""
    if text.startswith("arn:"):
        raise RefusedError(f"an ARN, {text}", f"write s3://{text.rpartition(':')[2]}")
    scheme, separator, rest = text.partition("://")
    if not separator or scheme != "s3":
        raise RefusedError(f"`{text}` is not s3://bucket/key", f"write s3://{rest or text}")
    if any(ord(char) < 32 for char in text):
        raise RefusedError("a control character in a pattern", "write `?` for it")
    bucket, _, key = rest.partition("/")
    _check_bucket(bucket)
    if len(key.encode()) > KEY_BYTES:
        raise RefusedError(
            f"a key of more than {KEY_BYTES} bytes, which S3 can not hold", "write a shorter prefix"
        )
    return ObjectPattern(bucket, "".join(map(_token, TOKEN.findall(key))) or "*")


def _token(found: tuple[str, str, str, str]) -> str:
    escaped, stars, one, plain = found
    if stars:
        return "*"
    return escaped or one or (plain if plain != "\\" else "\\\\")


def _check_bucket(bucket: str) -> None:
    shape = WILD_BUCKET if "*" in bucket or "?" in bucket else BUCKET
    if not shape.fullmatch(bucket) or ".." in bucket or ADDRESS.fullmatch(bucket):
        raise RefusedError(
            f"`{bucket}` is no bucket name",
            "3 to 63 of a-z, 0-9, dots and hyphens, as in s3://my-bucket/prefix/*",
        )
    if bucket.endswith(ALIASES):
        raise RefusedError(f"`{bucket}` is the alias of an access point", "write the bucket behind it")
    if bucket.startswith(LOG_BUCKETS):
        raise RefusedError(
            f"`{bucket}` is a bucket of CloudTrail's logs, which would record itself without end",
            "leave it out",
        )
