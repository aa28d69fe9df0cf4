"""One compiled Sigma correlation: what is counted, over which time, and how much of it is a hit.

https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

CorrelationType = Literal["event_count", "value_count", "value_sum", "temporal", "temporal_ordered"]


class Correlation(Struct, frozen=True, omit_defaults=True, gc=False):
    """What the accesses of some detections have to add up to, within a time span.

    `least` is a number of accesses, of distinct values, a sum, or a number of different rules.
    """

    type: CorrelationType
    rules: tuple[str, ...]  # detections or correlations; of `temporal_ordered`, in their order
    timespan: int  # seconds
    least: int
    group_by: tuple[str, ...] = ()  # fields, or aliases of fields
    field: str = ""  # of which values are counted or added up
    aliases: tuple[tuple[str, str, str], ...] = ()  # (alias, rule, what it is called in the rule's accesses)

    def field_of(self, name: str, rule: str) -> str:
        """Return what a field, or an alias of one, is called in the accesses of a rule."""
        return next((field for alias, of, field in self.aliases if (alias, of) == (name, rule)), name)
