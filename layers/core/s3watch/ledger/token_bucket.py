"""The rate limit of messages: a token bucket.

SNS suspends an e-mail subscription above 10 messages a second and deletes it 48 hours later
(https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html); people stop reading long before.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

CAPACITY = 12.0  # messages that may be sent at once: as many as a person can still read
REFILL = 6.0 / 60  # messages a second afterwards: a hundredth of the rate at which SNS suspends
RESERVE = 4.0  # tokens that only critical messages may take


class Bucket(Struct, frozen=True):
    """A token bucket: the tokens left at a time (epoch seconds)."""

    tokens: float = CAPACITY
    at: float = 0
    version: int = 0

    def take(self, now: float, *, critical: bool) -> Bucket | None:
        """Take one token; returns the changed bucket, or None if no token is left for such a message."""
        tokens = min(CAPACITY, self.tokens + max(0.0, now - self.at) * REFILL)
        if tokens - (0 if critical else RESERVE) < 1:
            return None
        return msgspec.structs.replace(self, tokens=tokens - 1, at=max(self.at, now))
