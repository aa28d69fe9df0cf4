"""Whether a catalogue entry expects an access: who does what, from where."""

# ruff: noqa: D102  # fields.FACTS says what each fact means, for people and for the compiler alike
from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from operator import attrgetter
from typing import Any, Protocol

from s3watch.facts.fields import FACTS
from s3watch.facts.network import is_inside
from s3watch.globs import compile_glob
from s3watch.ruleset import Expected, Label

MOST_VERDICTS = 1000  # of one judge: callers times operations, and networks where they matter
MOST_JUDGES = 200_000  # twice the largest catalogue anybody should write


class Judged(Protocol):
    """The facts of an access by which it is expected or not."""

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


def uncovered(labels: tuple[Label, ...], access: Judged) -> tuple[Label, ...]:
    """Give the labels that do not expect an access; those without expectations expect none."""
    if len(labels) == 1:
        return () if covers(labels[0], access) else labels
    judges = [_judge(label.expected) for label in labels]
    offended = {judge for judge in set(judges) if not judge.expects(access)}
    return (
        tuple(label for label, judge in zip(labels, judges, strict=True) if judge in offended)
        if offended
        else ()
    )


def covers(label: Label, access: Judged) -> bool:
    """Tell whether a label expects an access; without expectations it expects none."""
    return _judge(label.expected).expects(access)


def recall(labels: tuple[Label, ...], principal: str, operation: str, vpce: str | None) -> bool:
    """Tell whether every label expects what was judged before, without drawing an access.

    Raises KeyError where it was not, or where more of the access counts.
    """
    for label in labels:  # noqa: SIM110  # all() over a generator takes twice as long
        if not _seen[id(label.expected)][1].recall(principal, operation, vpce):
            return False
    return True


class Judge:
    """Knows whom equal expectations expect, and remembers it: callers do the same again and again."""

    def __init__(self, expected: tuple[Expected, ...]) -> None:
        self._expected = expected
        networks = {network for each in expected for network in each.networks}
        facts = {fact for each in networks for fact in _facts_of(each)}
        self._read = attrgetter("principal", "operation", *sorted(facts))
        self._recalled = (
            2 + len(facts) if facts <= {"vpce"} else 0
        )  # how many of recall()'s texts are facts read
        self._verdicts: dict[tuple[Any, ...], bool] = {}

    def expects(self, access: Judged) -> bool:
        """Tell whether any of the expectations covers an access."""
        if access.feed != "cloudtrail":  # of other feeds not all that counts is among the facts read
            return self._decide(access)
        facts = self._read(access)
        verdict = self._verdicts.get(facts)
        if verdict is None:
            if len(self._verdicts) >= MOST_VERDICTS:
                self._verdicts.clear()
            verdict = self._verdicts[facts] = self._decide(access)
        return verdict

    def recall(self, principal: str, operation: str, vpce: str | None) -> bool:
        """Tell what was decided before. Raises KeyError."""
        return self._verdicts[(principal, operation, vpce)[: self._recalled]]

    def _decide(self, access: Judged) -> bool:
        return any(_covers(expected, access) for expected in self._expected)


def _facts_of(network: str) -> tuple[str, ...]:
    """Name the facts that say whether an access is from a network."""
    if network.startswith("vpce-"):
        return ("vpce",)
    return ("ip", "vpce") if "/" in network else ("network_kind",)


_judges: dict[tuple[Expected, ...], Judge] = {}  # one for all labels that say the same
_seen: dict[
    int, tuple[tuple[Expected, ...], Judge]
] = {}  # by id(), which is theirs as long as they are kept here


def _judge(expected: tuple[Expected, ...]) -> Judge:
    seen = _seen.get(id(expected))
    if seen is None:
        if len(_seen) >= MOST_JUDGES:
            _seen.clear()
            _judges.clear()
        judge = _judges.get(expected) or _judges.setdefault(expected, Judge(expected))
        seen = _seen[id(expected)] = (expected, judge)
    return seen[1]


def _covers(expected: Expected, access: Judged) -> bool:
    return (
        (not expected.operations or access.operation in expected.operations)
        and any(_matcher(pattern)(access.principal) for pattern in expected.principals)
        and (not expected.networks or any(_is_from(network, access) for network in expected.networks))
    )


def _is_from(network: str, access: Judged) -> bool:
    """Tell whether an access is from a network.

    An address is what it says only where no endpoint stands before it: everybody may give any address, public
    ones too, within a VPC of theirs. Endpoints of AWS's own can not be told from those.
    """
    if network.startswith("vpce-"):
        if access.feed not in FACTS["s3.vpce"].feeds:  # some endpoint it was, and nobody says which
            return access.network_kind == "vpce"
        return network == access.vpce
    if "/" not in network:
        return network == access.network_kind
    direct = access.ip is not None and access.vpce is None and not is_inside(access.ip)
    return direct and ip_address(access.ip or "") in _network(network)


_network = cache(ip_network)
_matcher = cache(compile_glob)  # one for each principal the catalogue names
