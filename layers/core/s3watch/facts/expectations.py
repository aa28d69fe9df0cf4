"""Evaluates whether the catalogue expects an access: by its principal, operation and network."""

# ruff: noqa: D102  # fields.FACTS documents each fact, for people and for the compiler
from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from operator import attrgetter
from typing import Any, Protocol

from s3watch.facts.fields import FACTS
from s3watch.facts.network import is_private
from s3watch.globs import compile_glob
from s3watch.ruleset import Expected, Label

MAX_VERDICTS = 1000  # remembered by one evaluator: callers times operations, and networks where they matter
MAX_EVALUATORS = 200_000  # twice the labels of the largest catalogue anybody should write


class AccessFacts(Protocol):
    """The facts of an access that decide whether it is expected."""

    @property
    def feed(self) -> str: ...
    @property
    def principal(self) -> str: ...
    @property
    def operation(self) -> str: ...
    @property
    def network_kind(self) -> str: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def vpce(self) -> str | None: ...


def find_uncovered(labels: tuple[Label, ...], access: AccessFacts) -> tuple[Label, ...]:
    """Return the labels that do not expect an access; a label without expectations expects none."""
    if len(labels) == 1:
        return () if expects(labels[0], access) else labels
    evaluators = [_evaluator_for(label.expected) for label in labels]
    failed = {evaluator for evaluator in set(evaluators) if not evaluator.expects(access)}
    return (
        tuple(label for label, evaluator in zip(labels, evaluators, strict=True) if evaluator in failed)
        if failed
        else ()
    )


def expects(label: Label, access: AccessFacts) -> bool:
    """Return whether a label expects an access; a label without expectations expects none."""
    return _evaluator_for(label.expected).expects(access)


def is_expected_anywhere(label: Label, principal: str) -> bool:
    """Return whether a label expects a principal to do anything at all, from wherever."""
    return any(_matcher(pattern)(principal) for each in label.expected for pattern in each.principals)


def recall_verdict(labels: tuple[Label, ...], principal: str, operation: str, vpce: str | None) -> bool:
    """Return a remembered verdict, whether every label expects such an access, without creating an Access.

    Raises KeyError if there is none, or if it depends on more than these facts.
    """
    for label in labels:  # noqa: SIM110  # all() over a generator takes twice as long
        if not _seen[id(label.expected)][1].recall(principal, operation, vpce):
            return False
    return True


class Evaluator:
    """Evaluates one set of expectations, remembering verdicts: callers do the same again and again."""

    def __init__(self, expected: tuple[Expected, ...]) -> None:
        self._expected = expected
        networks = {network for each in expected for network in each.networks}
        facts = {fact for each in networks for fact in _facts_of(each)}
        self._read = attrgetter("principal", "operation", *sorted(facts))
        # how many arguments of recall() form the key of a verdict; 0 if other facts count too
        self._recalled = 2 + len(facts) if facts <= {"vpce"} else 0
        self._verdicts: dict[tuple[Any, ...], bool] = {}

    def expects(self, access: AccessFacts) -> bool:
        """Return whether any of the expectations covers an access."""
        if access.feed != "cloudtrail":  # for other feeds more counts than the facts in the key
            return self._decide(access)
        facts = self._read(access)
        verdict = self._verdicts.get(facts)
        if verdict is None:
            if len(self._verdicts) >= MAX_VERDICTS:
                self._verdicts.clear()
            verdict = self._verdicts[facts] = self._decide(access)
        return verdict

    def recall(self, principal: str, operation: str, vpce: str | None) -> bool:
        """Return a remembered verdict. Raises KeyError if there is none."""
        return self._verdicts[(principal, operation, vpce)[: self._recalled]]

    def _decide(self, access: AccessFacts) -> bool:
        return any(_covers(expected, access) for expected in self._expected)


def _facts_of(network: str) -> tuple[str, ...]:
    """Return the facts that decide whether an access is from a network."""
    if network.startswith("vpce-"):
        return ("vpce",)
    return ("ip", "vpce") if "/" in network else ("network_kind",)


_evaluators: dict[tuple[Expected, ...], Evaluator] = {}  # one for all labels with equal expectations
# by id(), which is theirs as long as they are kept here
_seen: dict[int, tuple[tuple[Expected, ...], Evaluator]] = {}


def _evaluator_for(expected: tuple[Expected, ...]) -> Evaluator:
    seen = _seen.get(id(expected))
    if seen is None:
        if len(_seen) >= MAX_EVALUATORS:
            _seen.clear()
            _evaluators.clear()
        evaluator = _evaluators.get(expected) or _evaluators.setdefault(expected, Evaluator(expected))
        seen = _seen[id(expected)] = (expected, evaluator)
    return seen[1]


def _covers(expected: Expected, access: AccessFacts) -> bool:
    return (
        (not expected.operations or access.operation in expected.operations)
        and any(_matcher(pattern)(access.principal) for pattern in expected.principals)
        and (not expected.networks or any(_is_from(network, access) for network in expected.networks))
    )


def _is_from(network: str, access: AccessFacts) -> bool:
    """Return whether an access is from a network: a VPC endpoint, a CIDR or a network kind.

    A CIDR only matches requests without a VPC endpoint: anyone can use any address, public ones too, within a
    VPC of their own. AWS's own endpoints can not be told apart from those.
    """
    if network.startswith("vpce-"):
        # access logs do not name the endpoint, so any may be the right one
        if access.feed not in FACTS["s3.vpce"].feeds:
            return access.network_kind == "vpce"
        return network == access.vpce
    if "/" not in network:
        return network == access.network_kind
    direct = access.ip is not None and access.vpce is None and not is_private(access.ip)
    return direct and ip_address(access.ip or "") in _network(network)


_network = cache(ip_network)
_matcher = cache(compile_glob)  # one for each principal in the catalogue
