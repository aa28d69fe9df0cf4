"""Says in words what statements deny or allow, and what is new or gone: `s3:* without TLS`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from s3watch.posture.elements import name_places
from s3watch.posture.grants import describe_grantee
from s3watch.posture.statements.statement import NEGATED, Condition, Names, Statement
from s3watch.posture.statements.widening import Gain

MOST_NAMES = 3  # of one element that are named
_KEYS = {  # how people say what requests are denied by
    "aws:principalaccount": "the account",
    "aws:principalarn": "the principal",
    "aws:principalorgid": "the organization",
    "aws:sourceip": "the IP address",
    "aws:sourcevpc": "the VPC",
    "aws:sourcevpce": "the VPC endpoint",
    "s3:tlsversion": "the TLS version",
    "s3:x-amz-server-side-encryption": "the encryption",
    "s3:x-amz-server-side-encryption-aws-kms-key-id": "the KMS key",
}
_SIGNS = {
    "numericlessthan": "below",
    "numericlessthanequals": "at most",
    "numericgreaterthan": "above",
    "numericgreaterthanequals": "at least",
    "datelessthan": "before",
    "dategreaterthan": "after",
}


class Loss(NamedTuple):
    """A Deny statement of a policy that is gone, or denies less."""

    policy: str
    statement: Statement | None  # None if it was not kept in full, and any of the policy may have changed
    left: Statement | None = None  # what the statement of its name denies now


def describe_lost(loss: Loss) -> str:
    """Describe what was denied before."""
    if loss.statement is None:
        return f"{loss.policy} denied what is too long to be kept"
    return f"{loss.policy} denied {describe(loss.statement)}"


def describe_left(loss: Loss) -> str:
    """Describe that it is no longer denied, and what is denied instead."""
    policy = _policy(loss.policy)
    if loss.statement is None:
        return f"the {policy} does not deny the same as before"
    if loss.left is None:
        return f"the {policy} no longer denies {describe(loss.statement)}"
    return f"the {policy} denies only {describe(loss.left)}"


def describe_allowed(gain: Gain) -> str:
    """Describe what was allowed before."""
    if gain.statement is None or gain.before is None:
        return f"{gain.policy} allowed what is too long to be kept"
    return f"{gain.policy} allowed {_compared(gain.before, gain.statement)}"


def describe_gained(gain: Gain) -> str:
    """Describe what is allowed now."""
    policy = _policy(gain.policy)
    if gain.statement is None or gain.before is None:
        return f"the {policy} does not allow the same as before"
    return f"the {policy} allows {_compared(gain.statement, gain.before)}"


def _policy(name: str) -> str:
    return name if "policy" in name else f"policy of {name}"


def _compared(statement: Statement, other: Statement) -> str:
    """Describe a statement that allows, with what another does not name first, since not all is shown."""
    principals = _other_first(statement.principals, other.principals)
    changed = replace(
        statement,
        principals=principals,
        actions=_other_first(statement.actions, other.actions),
        conditions=tuple(sorted(statement.conditions, key=other.conditions.__contains__)),
    )
    return describe(changed, everyone="to everyone", known=other.resources.texts)


def _other_first(names: Names, other: Names) -> Names:
    return replace(names, texts=tuple(sorted(names.texts, key=other.texts.__contains__)))


def describe(statement: Statement, *, everyone: str = "", known: Iterable[str] = ()) -> str:
    """Describe what a statement denies to whom, where and when, with its name; those `known` come last."""
    parts = (
        _listed(statement.actions),
        _whom(statement.principals) or everyone,
        _where(statement.resources, known),
        _when(statement.conditions),
        f"(statement {statement.sid})" if statement.sid else "",
    )
    return " ".join(filter(None, parts))


def _listed(names: Names) -> str:
    return ("all but " if names.excepted else "") + _joined(names.texts, "and")


def _joined(texts: Sequence[str], last: str) -> str:
    more = len(texts) - MOST_NAMES
    if more > 0:
        return f"{', '.join(texts[:MOST_NAMES])} {last} {more:,} more"
    return f" {last} ".join(filter(None, (", ".join(texts[:-1]), *texts[-1:])))


def _whom(principals: Names) -> str:
    if "aws:*" in principals.texts and not principals.excepted:
        return ""
    named = tuple(describe_grantee(text.removeprefix("aws:")) for text in principals.texts)
    return f"to {_listed(Names(named, principals.excepted))}"


def _where(resources: Names, known: Iterable[str]) -> str:
    element = "NotResource" if resources.excepted else "Resource"
    places = name_places({element: list(resources.texts)}, known)
    return f"on {places}" if places else ""


def _when(conditions: Sequence[Condition]) -> str:
    others = [each for each in conditions if not _is_without_tls(each)]
    clauses = ["without TLS"] if len(others) < len(conditions) else []
    if others:
        clauses.append(f"if {_joined([_clause(each) for each in others], 'and')}")
    return " ".join(clauses)


def _is_without_tls(condition: Condition) -> bool:
    return (condition.comparison, condition.key.lower(), condition.values) == (
        "bool", "aws:securetransport", ("false",),
    )  # fmt: skip


def _clause(condition: Condition) -> str:
    key, values = _KEYS.get(condition.key.lower(), condition.key), _joined(condition.values, "or")
    if condition.comparison == "null":
        return f"there is {'no' if condition.values == ('true',) else 'a'} {key.removeprefix('the ')}"
    if sign := _SIGNS.get(condition.comparison):
        return f"{key} is {sign} {values}"
    absent = " or absent" if condition.without_key and condition.comparison not in NEGATED else ""
    return f"{key} is {'not ' if condition.comparison in NEGATED else ''}{values}{absent}"
