"""How fast messages may leave: a token bucket per topic.

SNS suspends an e-mail subscription above 10 messages a second and deletes it 48 hours later
(https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html); people stop reading long before.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

CAPACITY = 12.0  # messages that may leave at once: a bad morning, still readable
REFILL = 6.0 / 60  # messages a second afterwards, a hundredth of what SNS would suspend at
RESERVE = 4.0  # tokens only critical messages may take


class Bucket(Struct, frozen=True):
    """Tokens left at a moment (epoch seconds)."""

    tokens: float = CAPACITY
    at: float = 0
    version: int = 0

    def take(self, now: float, *, critical: bool) -> Bucket | None:
        """Take one token; None: there is none for this kind of message now."""
        tokens = min(CAPACITY, self.tokens + max(0.0, now - self.at) * REFILL)
        if tokens - (0 if critical else RESERVE) < 1:
            return None
        return msgspec.structs.replace(self, tokens=tokens - 1, at=max(self.at, now))
