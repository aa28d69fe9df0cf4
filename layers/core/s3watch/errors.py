"""The exceptions that s3watch raises, and `Attempts`, which runs several steps before it raises.

S3watchError
├── RuleError          mistakes in rules/: path, line, what is wrong and what to write instead
├── RulesUnusableError rules.json is missing, has another version, or does not match the deployment
├── SettingError       a setting is missing or invalid; names the environment variable
├── RecordError        a record that cannot be parsed
├── LogFileError       a log file that is truncated, not gzip, not JSON, or too large when decompressed
├── UnavailableError   a dependency is down or throttles: retry the same call later
│   ├── BusyError      too many concurrent writes to one item, or it cannot be read; others can be written
│   └── ThrottledError one that has too many calls at the moment, ours among them
├── CrowdedError       what is sought is behind more of its kind than are read
├── RefusedError       a bucket or trail cannot be read or changed as asked; says what to try
└── ConflictError      another writer was first: read again and decide again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


class S3watchError(Exception):
    """Superclass of all s3watch errors; never raised itself."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in an input file: where it is, what is wrong, and what to write instead."""

    path: str
    line: int
    what: str
    instead: str = ""

    def __str__(self) -> str:
        suggestion = f"; {self.instead}" if self.instead else ""
        return f"{self.path}:{self.line}: {self.what}{suggestion}"


class RuleError(S3watchError):
    """All mistakes found in a rules folder; the message has one line for each, by file and line."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes, key=lambda m: (m.path, m.line))
        super().__init__("\n".join(map(str, self.mistakes)))


class RulesUnusableError(S3watchError):
    """The compiled rules are missing or do not fit this deployment; the message says why."""


class SettingError(S3watchError):
    """A setting is missing or wrong; the message names the environment variable."""


class RecordError(S3watchError):
    """A record or event that cannot be parsed: not JSON, not an object, or without a required member."""


class LogFileError(S3watchError):
    """A log file that cannot be read; the message names the file and the reason."""


class UnavailableError(S3watchError):
    """A call to DynamoDB, SNS, SQS or S3 failed; the same call may succeed later."""


class RefusedError(S3watchError):
    """AWS denies the call, or a bucket or trail is not as required; the message says what to try."""


class ThrottledError(UnavailableError):
    """AWS takes no more calls of the account at the moment; seconds later it does."""


class CrowdedError(S3watchError):
    """What is sought may be there, behind more that looks like it than is read."""


class BusyError(UnavailableError):
    """Too many concurrent writes to one item, or it cannot be read; other items can still be written."""


class ConflictError(S3watchError):
    """Another writer was first; `claimed` has what the claims say that were already taken, by name."""

    def __init__(self, claimed: Mapping[str, str] | None = None) -> None:
        self.claimed = dict(claimed or {})
        super().__init__("changed by another writer in the meantime")


def describe(error: Exception) -> str:
    """Return what to say about an error: its message, and its type too if it is not one of ours."""
    return str(error) if isinstance(error, S3watchError) else f"{type(error).__name__}: {error}"


class Attempts:
    """Runs independent steps: a step that fails does not stop the others, and is raised at the end.

    Not an ExceptionGroup: callers decide by the type of the first failure whether to retry.
    """

    def __init__(self) -> None:
        self._failures: list[Exception] = []
        self.failed_in_a_row = 0

    def run[Result](self, step: Callable[[], Result]) -> Result | None:
        """Run one step and return its result; None if it raised."""
        try:
            result = step()
        except Exception as error:  # noqa: BLE001  # raised by raise_first()
            self._failures.append(error)
            self.failed_in_a_row += 1
            return None
        self.failed_in_a_row = 0
        return result

    def raise_first(self) -> None:
        """Raise the first failure, if any, with a note on how many more there were."""
        if self._failures:
            first, *others = self._failures
            if others:
                first.add_note(f"and {len(others)} more failed")
            raise first
