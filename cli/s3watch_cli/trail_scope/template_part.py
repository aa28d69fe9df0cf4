"""The parts of stacks/trail.yaml that are written from the catalogue: its conditions and two selectors.

A bucket that these parts do not know is recorded whole, and one that the stack does not watch not at all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import batched
from pathlib import Path

from s3watch.errors import SettingError

from s3watch_cli.trail_scope.prefixes import Scope

TRAIL = Path("stacks/trail.yaml")
BEGIN, END = "# from rules/catalogue.yaml by `s3watch trail-scope --write`", "# end of what it writes"
_PART = re.compile(rf"(^ *{BEGIN}\n).*?(^ *{END}\n)", re.MULTILINE | re.DOTALL)
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-conditions.html
MOST_ALTERNATIVES = 10  # of Fn::Or, which takes two or more

_ARN = "arn:${AWS::Partition}:s3:::"
_ALL = '!Split [",", !Sub ["${Arns}/", {Arns: !Join ["/,", !Ref BucketArns]}]]'
# The ARNs, with a comma after each: the text differs from itself without a bucket if that one is watched
_WATCHED = '!Join [",", [!Join [",", !Ref BucketArns], ""]]'


def render(scope: Scope) -> tuple[str, str]:
    """Return both parts: the conditions, and the selectors; without conditions if no bucket is narrowed."""
    conditions = {bucket: f"Watches{number}" for number, bucket in enumerate(scope.prefixes, 1)}
    return "".join(_conditions(conditions)), "".join(_selectors(scope, conditions))


def _conditions(conditions: dict[str, str]) -> Iterator[str]:
    for bucket, name in conditions.items():
        without = f'!Join ["", !Split ["{":::" + bucket},", {_WATCHED}]]'
        yield f"  {name}: !Not [!Equals [{without}, {_WATCHED}]]\n"
    if conditions:
        each = [f"!Condition {name}" for name in conditions.values()]
        yield f"  WatchesAny: !And [!Condition ByPrefixes, {_any_of(each)}]\n"


def _any_of(conditions: Sequence[str]) -> str:
    """Return the alternative of conditions, of which Fn::Or takes two to ten."""
    while len(conditions) > 1:
        conditions = [
            f"!Or [{', '.join(some)}]" if len(some) > 1 else some[0]
            for some in batched(conditions, MOST_ALTERNATIVES, strict=False)
        ]
    return conditions[0]


def _selectors(scope: Scope, conditions: dict[str, str]) -> Iterator[str]:
    yield from _selector("ByPrefixes", "buckets recorded whole")
    yield f"                StartsWith: {_ALL}\n"
    yield "                NotStartsWith:\n"
    yield from _values((conditions[bucket], f"{bucket}/") for bucket in scope.prefixes)
    yield '                  - !Sub "${Logs.Arn}/"\n'
    yield "          - !Ref AWS::NoValue\n"
    if conditions:
        yield from _selector("WatchesAny", "sensitive prefixes")
        yield "                StartsWith:\n"
        only = len(conditions) == 1  # then it holds wherever WatchesAny does
        yield from _values(
            ("" if only else conditions[bucket], f"{bucket}/{prefix}")
            for bucket, prefixes in scope.prefixes.items()
            for prefix in prefixes
        )
        yield '                NotStartsWith: [!Sub "${Logs.Arn}/"]\n'
        yield "          - !Ref AWS::NoValue\n"


def _selector(condition: str, name: str) -> Iterator[str]:
    yield (
        "        - !If\n"
        f"          - {condition}\n"
        f"          - Name: {name}\n"
        "            FieldSelectors:\n"
        "              - {Field: eventCategory, Equals: [Data]}\n"
        '              - {Field: resources.type, Equals: ["AWS::S3::Object"]}\n'
        "              - Field: resources.ARN\n"
    )


def _values(conditional: Iterator[tuple[str, str]]) -> Iterator[str]:
    for condition, value in conditional:
        arn = f'!Sub "{_ARN}{value}"'
        yield f"                  - {f'!If [{condition}, {arn}, !Ref AWS::NoValue]' if condition else arn}\n"


def replace(text: str, scope: Scope) -> str:
    """Return a template with its parts written for a scope. Raises SettingError if it has no such parts."""
    parts = render(scope)
    if len(_PART.findall(text)) != len(parts):
        raise SettingError(f"{TRAIL} has lost its two lines `{BEGIN}`; restore them")
    each = iter(parts)
    return _PART.sub(lambda found: found[1] + next(each) + found[2], text)
