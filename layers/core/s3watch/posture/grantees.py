"""Says in words who a grantee is: the names that policies, ACLs and their evaluation give."""

from __future__ import annotations

import re

EVERYBODY = "*"

# By the shape of their names; others, such as e-mail addresses, speak for themselves.
_NAMES = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\d{12}", "account {}"),
        (r"o-[a-z0-9]+", "organization {}"),
        (r"[0-9a-f]{64}", "canonical user {}"),
        (r"A[A-Z]{3}[A-Z0-9]{12,}", "principal {} of unknown account"),
        (r"vpce?-[0-9a-f]+|VPC endpoints of .+|[0-9a-fA-F.:]+(/\d+)?", "anyone from {}"),
        (r"any AWS service|[a-z0-9.-]+\.amazonaws\.com(\.cn)?", "{} on behalf of anyone"),
        (r"KMS key .+", "whoever may use {}"),
    )
)


def describe_grantee(grantee: str) -> str:
    """Describe a grantee in words: `account 111122223333`."""
    if grantee == EVERYBODY:
        return "everyone"
    for pattern, words in _NAMES:
        if pattern.fullmatch(grantee):
            return words.format(grantee)
    return grantee
