"""Everything that can go wrong, as one tree.

S3watchError
├── RuleError          a mistake in rules/, with where it stands and what to write instead
├── RulesUnusableError rules.json is absent, of another version, or does not match the deployment
├── SettingError       a setting is missing or makes no sense; names the variable
├── RecordError        a record that can not be read at all
├── LogFileError       a log file that is truncated, not gzip, not JSON or inflates too far
├── UnavailableError   a dependency is away or throttles: try the same thing again later
│   └── BusyError      one item is written to by too many at once; others can be written
├── RefusedError       a bucket or trail can not be changed as asked; says what to try
└── ConflictError      somebody else wrote first: read again and decide anew
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


class S3watchError(Exception):
    """Superclass of all s3watch errors. Never raised itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in an input file: where, what is wrong, and what to write instead."""

    path: str
    line: int
    what: str
    instead: str = ""

    def __str__(self) -> str:
        mend = f"; {self.instead}" if self.instead else ""
        return f"{self.path}:{self.line}: {self.what}{mend}"


class RuleError(S3watchError):
    """All mistakes found in a rules folder, one line each."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda m: (m.path, m.line))
        super().__init__("\n".join(map(str, self.mistakes)))


class RulesUnusableError(S3watchError):
    """The compiled rules can not be used by this function."""


class SettingError(S3watchError):
    """A setting is missing or wrong; the message names the environment variable."""


class RecordError(S3watchError):
    """A record that is not JSON, or not an object."""


class LogFileError(S3watchError):
    """A log file that can not be read; the message names it and says why."""


class UnavailableError(S3watchError):
    """A dependency (DynamoDB, SNS, SQS, S3) did not answer; the same call may succeed later."""


class RefusedError(S3watchError):
    """AWS refuses, or a bucket or trail is not as it must be; the message names it and says what to try."""


class BusyError(UnavailableError):
    """One item is written to by too many at once; others can be written."""


class ConflictError(S3watchError):
    """Somebody else wrote first; `claimed` are the identities of accesses that were already recorded."""

    def __init__(self, claimed: Iterable[str] = ()) -> None:
        self.claimed = frozenset(claimed)
        super().__init__("written by somebody else meanwhile")


class Attempts:
    """Steps that must not keep each other back: all are tried, then the first failure is raised.

    Not an ExceptionGroup: callers decide by the type of the failure whether to try again later.
    """

    def __init__(self) -> None:
        self._failures: list[Exception] = []

    def make[Result](self, step: Callable[[], Result]) -> Result | None:
        """Try one step; None if it failed."""
        try:
            return step()
        except Exception as error:  # noqa: BLE001  # raised by raise_first()
            self._failures.append(error)
            return None

    def raise_first(self) -> None:
        """Raise the first failure, noting how many more there were."""
        if self._failures:
            first, *others = self._failures
            if others:
                first.add_note(f"and {len(others)} more failed")
            raise first
