from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch_cli.event_scope.clauses import (
    ABSENT,
    ALWAYS,
    MOST_CLAUSES,
    PRESENT,
    Clause,
    Clauses,
    Leaf,
    both,
    either,
    joined_by,
    where,
    without_implied,
)

from tests.support.event_patterns import member_holds

VALUES = ("a", "ab", "abc", "b", "", None)
AFFIXES = st.sampled_from(["a", "ab", "b"])
CALLERS = ("role/x", "role/y", "user/x")
leaves = st.one_of(
    st.builds(Leaf, op=st.just("is"), value=st.sampled_from(VALUES)),
    st.builds(Leaf, op=st.sampled_from(["prefix", "suffix", "folded-suffix"]), value=AFFIXES),
    st.sampled_from([ABSENT, PRESENT, Leaf("but", ("a", "b"))]),
)  # fmt: skip
members = st.dictionaries(
    st.sampled_from(["eventName", "key"]), st.frozensets(leaves, min_size=1, max_size=3), max_size=2
)
clauses = st.lists(
    st.builds(Clause, members=members, callers=st.frozensets(st.sampled_from(CALLERS), max_size=2)),
    max_size=4,
).map(tuple)
records = st.fixed_dictionaries(
    {"caller": st.sampled_from([*CALLERS, "root"])},
    optional={"eventName": st.sampled_from(VALUES), "key": st.sampled_from(VALUES)},
)


def holds(condition: Clauses, record: dict[str, Any]) -> bool:
    return any(
        record["caller"] not in clause.callers
        and all(
            member_holds(record, record.get(name, []), [leaf.write() for leaf in wanted], (name,))
            for name, wanted in clause.members.items()
        )
        for clause in condition
    )


@given(one=clauses, other=clauses, record=records)
def test_both_is_never_stronger_than_both(one: Clauses, other: Clauses, record: dict[str, Any]):
    assert holds(both(one, other), record) or not (holds(one, record) and holds(other, record))


@given(some=clauses, record=records)
def test_either_is_what_it_was_made_of(some: Clauses, record: dict[str, Any]):
    assert holds(either(some), record) == holds(some, record)


@given(some=st.frozensets(leaves), value=st.sampled_from(VALUES))
def test_what_is_left_out_of_values_was_implied(some: frozenset[Leaf], value: Any):
    def among(leaves: frozenset[Leaf]) -> bool:
        return member_holds({"key": value}, value, [leaf.write() for leaf in leaves], ("key",))

    assert among(without_implied(some)) == among(some)


@given(one=clauses, other=clauses)
def test_clauses_do_not_depend_on_their_order(one: Clauses, other: Clauses):
    assert either((*one, *other)) == either(either((*one, *other)))


def names(*values: str) -> Clauses:
    return where("eventName", (Leaf("is", value) for value in values))


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (both(names("a", "b"), names("b", "c")), names("b")),
        (both(names("a"), names("b")), ()),
        (both(names("a"), ()), ()),
        (both((ALWAYS,), names("a")), names("a")),
        (either([*names("a"), *names("b")]), names("a", "b")),
        (either([*names("a"), ALWAYS]), (ALWAYS,)),
        (where("eventName", ()), ()),
    ],
    ids=["common values", "none in common", "never", "always", "joined values", "implied", "no value"],
)
def test_clauses_are_simplified(found: Clauses, wanted: Clauses):
    assert found == wanted


def test_of_very_many_combinations_one_side_is_enough():
    many = tuple(Clause({f"member{number}": frozenset({PRESENT})}) for number in range(MOST_CLAUSES + 1))

    assert both(many, names("a") + where("key", [PRESENT])) == names("a") + where("key", [PRESENT])


def test_clauses_that_differ_in_one_member_are_joined_by_it_and_no_others_are():
    one, same, other = ({**names(name)[0].members, "key": keys(key)} for name, key in ("aa", "ab", "bb"))

    assert joined_by(map(Clause, (one, same, other)), "key") == [
        Clause({**one, "key": keys("ab")}),
        Clause(other),
    ]


def keys(prefixes: str) -> frozenset[Leaf]:
    return frozenset(Leaf("prefix", each) for each in prefixes)


@given(some=clauses, path=st.sampled_from(["eventName", "key"]), record=records)
def test_joined_clauses_are_what_they_were_made_of(some: Clauses, path: str, record: dict[str, Any]):
    assert holds(tuple(joined_by(some, path)), record) == holds(some, record)
