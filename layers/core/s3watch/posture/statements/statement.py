"""Reads the statements of policies into a form in which two that say the same are equal, but for their names.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from s3watch.posture.elements import is_account, items, listed, member, texts
from s3watch.posture.principals import is_unresolved, read_values

NEGATED = frozenset(  # operators that hold for all values but those they name
    {
        "stringnotlike", "stringnotequals", "stringnotequalsignorecase", "arnnotlike", "notipaddress",
        "numericnotequals", "datenotequals",
    }
)  # fmt: skip
_UNREADABLE = "?"  # the operator of conditions that are not of the documented shape
# Both operators on ARNs take wildcards: reference_policies_elements_condition_operators.html#Conditions_ARN
_SYNONYMS = {"arnequals": "arnlike", "arnnotequals": "arnnotlike"}
_WITHOUT_WILDCARDS = {"stringequals": "stringlike", "stringnotequals": "stringnotlike"}
_CASELESS = ("bool", "null", "stringequalsignorecase", "stringnotequalsignorecase")
_WHOLE_ACCOUNT = re.compile(r"arn:[a-z-]+:iam::(\d{12}):root")
_WITH_VARIABLES = "2012-10-17"  # the version of the policy language that replaces variables
_ACCOUNT_OF = re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:(\d{12}):.*", re.ASCII | re.DOTALL)
# Keys by which a value names one account, as confinement.py reads them, in conditions that hold for no other
_ACCOUNTS = frozenset(
    {"aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourcearn", "aws:sourceowner"}
)
_POSITIVE = frozenset({"stringequals", "stringequalsignorecase", "stringlike", "arnlike"})

type Effect = Literal["Allow", "Deny"]


class Names(Struct, frozen=True, array_like=True, order=True):
    """What an element names: these, sorted, or all but these."""

    texts: tuple[str, ...]
    excepted: bool = False


class Condition(Struct, frozen=True, array_like=True, order=True):
    """One condition; the operator in lower case."""

    comparison: str  # the operator without the two that follow
    key: str
    values: tuple[str, ...]
    quantifier: str = ""  # forallvalues or foranyvalue
    without_key: bool = False  # whether it also holds for requests without the key


class Statement(Struct, frozen=True, array_like=True, order=True):
    """A statement of one effect as it is told. Principals have their kind before them: `aws:111122223333`."""

    principals: Names
    actions: Names
    resources: Names
    conditions: tuple[Condition, ...] = ()
    sid: str = ""

    @property
    def unresolved(self) -> bool:
        """Whether it names users or roles by ids: they are deleted, or not visible yet."""
        return any(map(_is_id, self.principals.texts))

    @property
    def is_about_nobody(self) -> bool:
        """Whether it names users and roles that are deleted, and nobody else."""
        named = self.principals
        return bool(named.texts) and not named.excepted and all(map(_is_id, named.texts))

    @property
    def meaning(self) -> Statement:
        """The statement without its name and the case of letters that makes no difference."""
        actions = replace(self.actions, texts=_sorted(map(str.lower, self.actions.texts)))
        conditions = (replace(each, key=each.key.lower()) for each in self.conditions)
        return Statement(self.principals, actions, self.resources, tuple(sorted(conditions)))

    @property
    def mark(self) -> bytes:
        """Eight bytes that tell its meaning from any other."""
        return hashlib.blake2b(msgspec.json.encode(self.meaning), digest_size=8).digest()

    def without(self, account: str) -> Statement:
        """Return what an Allow statement says to others than an account, its own principals left out."""
        named = self.principals
        others = tuple(each for each in named.texts if not _is_of(each.removeprefix("aws:"), account))
        principals = named if named.excepted else replace(named, texts=others)
        conditions = tuple(_without(each, account) for each in self.conditions)
        return replace(self, principals=principals, conditions=conditions)

    def by_principal(self) -> tuple[Statement, ...]:
        """Return it as one statement for each principal that it names."""
        if self.principals.excepted:
            return (self,)
        return tuple(replace(self, principals=Names((each,))) for each in self.principals.texts)


class PolicyStatements(Struct, frozen=True, order=True, omit_defaults=True):
    """The statements of one effect of a policy that was read, each once, sorted; perhaps none."""

    policy: str  # the setting that it is: bucket policy, access point NAME
    statements: tuple[Statement, ...] = ()


def read_statements(policy: Any, effect: Effect = "Deny", owner: str = "") -> tuple[Statement, ...]:
    """Return the statements of a policy document of any shape, each once.

    Those that allow are returned as others than its owner see them.
    """
    statements = (each for each in listed(member(policy, "Statement")) if isinstance(each, dict))
    named = (read_statement(each, policy) for each in statements if member(each, "Effect") == effect)
    read = (each.without(owner) if effect == "Allow" else each for each in named)
    return tuple(sorted({each.meaning: each for each in read}.values()))


def read_statement(statement: dict[str, Any], policy: Any) -> Statement:
    """Return a statement of a policy document, whose version decides whether there are variables."""
    variables = member(policy, "Version") == _WITH_VARIABLES
    sid = member(statement, "Sid")
    return Statement(
        _principals(statement),
        _names(statement, "Action"),
        _names(statement, "Resource", variables=variables),
        tuple(sorted(set(_conditions(member(statement, "Condition"), variables=variables)))),
        _storable(sid) if isinstance(sid, str) else "",
    )


def _is_of(text: str, account: str) -> bool:
    """Return whether a text is an account, or the ARN of something in it."""
    found = _ACCOUNT_OF.fullmatch(text)
    return is_account(account) and account == (found[1] if found else text)


def _without(condition: Condition, account: str) -> Condition:
    """Return a condition without the values that name an account, if others are left."""
    names_accounts = condition.key.lower() in _ACCOUNTS and condition.comparison in _POSITIVE
    if not names_accounts or condition.without_key:
        return condition
    others = tuple(each for each in condition.values if not _is_of(each, account))
    return replace(condition, values=others or condition.values)


def _is_id(principal: str) -> bool:
    return is_unresolved(principal.removeprefix("aws:"))


def _as_written(text: str) -> str:
    """Return a text in which nothing is a variable."""
    return text.replace("${", "$ {")


def _storable(text: str) -> str:
    """Return a text without what JSON can not hold."""
    return text.encode(errors="replace").decode()


def _sorted(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({_storable(text) for text in found}))


def _names(statement: dict[str, Any], element: str, *, variables: bool = True) -> Names:
    excepted = member(statement, f"Not{element}")
    named = excepted if excepted is not None else member(statement, element)
    read = (text if variables else _as_written(text) for text in texts(named))
    return Names(_sorted(read), excepted is not None)


def _principals(statement: dict[str, Any]) -> Names:
    """Return the principals; ids that S3 does not resolve are nobody, and so are excepted by no statement."""
    excepted = member(statement, "NotPrincipal")
    values = read_values(excepted if excepted is not None else member(statement, "Principal"))
    named = (
        f"{kind}:{_WHOLE_ACCOUNT.sub(r'\1', value)}"
        for kind, value in values
        if excepted is None or not is_unresolved(value)
    )
    return Names(_sorted(named), excepted is not None)


def _conditions(conditions: Any, *, variables: bool) -> Iterator[Condition]:
    if conditions is not None and not _are_documented(conditions):
        yield Condition(_UNREADABLE, "", (_storable(json.dumps(conditions, sort_keys=True)),))
        return
    for operator, keys in items(conditions):
        for key, values in items(keys):
            read = texts(values)
            yield _condition(operator, key, read if variables else [_as_written(each) for each in read])


def _are_documented(conditions: Any) -> bool:
    return isinstance(conditions, dict) and all(
        isinstance(keys, dict)
        and all(isinstance(each, str | int) for values in keys.values() for each in listed(values))
        for keys in conditions.values()
    )


def _condition(operator: str, key: str, values: list[str]) -> Condition:
    quantifier, _, written = f":{operator.lower()}".rpartition(":")
    comparison = written.removesuffix("ifexists")
    comparison = _SYNONYMS.get(comparison, comparison)
    if not any("*" in value or "?" in value for value in values):
        comparison = _WITHOUT_WILDCARDS.get(comparison, comparison)
    if comparison in _CASELESS:
        values = [value.lower() for value in values]
    quantifier = _storable(quantifier.removeprefix(":"))
    negated = comparison in NEGATED and quantifier != "foranyvalue"
    without_key = negated or quantifier == "forallvalues" or written.endswith("ifexists")
    return Condition(_storable(comparison), _storable(key), _sorted(values), quantifier, without_key)
