from __future__ import annotations

import pytest
from s3watch.detection.index.classes import Classes, Comparison, Dimension
from s3watch.facts.access import Access
from s3watch.ruleset import Condition
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record, make_user

NAME = Dimension("name", key=lambda access: access.record.event_name, determines=frozenset({"eventName"}))
CALLER = Dimension("caller", key=lambda access: access.principal, determines=frozenset({"userIdentity"}))


def eq(field: str, *values: str) -> Condition:
    return Condition("eq", field=field, values=values)


def access(**changes: object) -> Access:
    raw = as_bytes(make_record(**changes))
    return Access(decode(raw), raw)


def undecided(_dimension: Dimension, _open: frozenset[str], _access: Access, _condition: Condition) -> None:
    return None


def test_a_comparison_finds_every_condition_that_holds_in_any_case():
    comparison = Comparison("eventName")
    comparison.add(["GetObject", "PutObject"], 1)
    comparison.add(["getobject"], 2)
    comparison.add(["DeleteObject"], 3)

    assert comparison.find_true(access(eventName="GETOBJECT")) == {1, 2}
    assert comparison.find_true(access(eventName="HeadObject")) == frozenset()


def test_a_field_that_can_not_be_read_has_no_answer():
    comparison = Comparison("s3.principal")
    comparison.add(["role/a"], 1)
    broken = access()
    broken.record.identity = None  # what no decoder makes

    assert comparison.find_true(broken) is None


def test_values_with_the_same_outcomes_are_one_class():
    classes = Classes(NAME, undecided, [eq("eventName", "GetObject"), eq("eventName", "PutObject")])
    names = ("GetObject", "HeadObject", "ListObjects", "PutObject", "GetObject")

    assert [classes.of(access(eventName=name)) for name in names] == [0, 1, 1, 2, 0]


def test_conditions_that_are_no_comparisons_are_decided_one_by_one():
    asked = Condition("glob", field="eventName", values=("get*",))
    classes = Classes(
        NAME, lambda _dimension, _open, access, _asked: access.record.event_name.startswith("Get"), [asked]
    )

    assert [classes.of(access(eventName=name)) for name in ("GetObject", "GetObjectAcl", "PutObject")] == [
        0,
        0,
        1,
    ]


def test_values_are_forgotten_when_there_are_too_many_and_keep_their_classes():
    classes = Classes(NAME._replace(max_values=2), undecided, [eq("eventName", "GetObject")])
    first = [classes.of(access(eventName=name)) for name in ("GetObject", "A", "B", "C")]

    assert len(classes.by_key) <= 2
    assert [classes.of(access(eventName=name)) for name in ("GetObject", "A")] == [first[0], first[1]]


def test_a_new_value_has_the_class_of_its_kind():
    by_service = NAME._replace(find_kind=lambda record: record.event_source)
    classes = Classes(by_service, undecided, [eq("eventSource", "s3.amazonaws.com")])
    number = classes.of(access(eventName="GetObject"))

    assert classes.recall("PutObject", access().record) == classes.by_key["PutObject"] == number
    with pytest.raises(KeyError):
        classes.recall("CreateUser", access(eventSource="iam.amazonaws.com").record)


@pytest.mark.parametrize(
    ("field", "affected"),
    [("userIdentity.arn", True), ("userIdentity", True), ("eventName", False)],
    ids=["a nested member", "the member", "another"],
)
def test_a_member_stands_for_all_that_is_nested_in_it(field, affected):
    leaf = eq(field, "x")

    undetermined = CALLER.undetermined(access(userIdentity=make_user()))

    assert (CALLER.affects(leaf), CALLER.decides(leaf, undetermined)) == (affected, affected)


def test_a_field_that_a_value_leaves_open_is_not_decided():
    assert not CALLER.decides(eq("userIdentity.arn", "x"), frozenset({"userIdentity.arn"}))
    assert CALLER.decides(eq("userIdentity.type", "x"), frozenset({"userIdentity.arn"}))


def test_what_a_value_leaves_open_is_found_once_for_all_conditions():
    asked: list[Access] = []
    counting = CALLER._replace(undetermined=lambda access: asked.append(access) or frozenset())
    some = [Condition("glob", field="userIdentity.arn", values=(f"*{name}",)) for name in "abc"]

    Classes(counting, undecided, some).of(access())

    assert len(asked) == 1
