from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.detection.field_values import fold
from s3watch.detection.index import tree
from s3watch.detection.index.dimensions import BUCKET, EVENT
from s3watch.detection.index.tree import is_narrowed, reduce, required_texts
from s3watch.detection.matcher import Matcher
from s3watch.ruleset import Condition, Detection, Ruleset
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import as_bytes, make_record, make_user
from tests.support.generated import conditions

leaf_a, leaf_b = (Condition("eq", field=name, values=("x",)) for name in ("a", "b"))


def evaluate(condition: Condition | bool, truths: dict[Condition, bool]) -> bool:
    if isinstance(condition, bool):
        return condition
    parts = [evaluate(part, truths) for part in condition.of]
    match condition.op:
        case "and":
            return all(parts)
        case "or":
            return any(parts)
        case "not":
            return not parts[0]
    return truths.setdefault(condition, hash(condition) % 2 == 0)


@given(condition=conditions, known=st.randoms(use_true_random=False))
def test_a_reduced_condition_has_the_same_outcome(condition: Condition, known: Any):
    truths: dict[Condition, bool] = {}
    whole = evaluate(condition, truths)
    decided = {leaf: truth for leaf, truth in truths.items() if known.random() < 0.5}

    assert evaluate(reduce(condition, decided.get), truths) == whole


def test_a_condition_is_decided_by_one_part_if_that_is_enough():
    left = Condition("and", of=(Condition("or", of=(leaf_a, leaf_b)), Condition("not", of=(leaf_a,))))

    assert (reduce(left, {leaf_a: True}.get), reduce(left, {leaf_a: False}.get)) == (False, leaf_b)


@given(condition=conditions, value=st.sampled_from(["GetObject", "PutObject", "getobject"]))
def test_without_one_of_its_required_texts_a_condition_can_not_hold(condition: Condition, value: str):
    def decide(leaf: Condition) -> bool | None:
        compared = leaf.op == "eq" and leaf.field == "eventName"
        return fold(value) in map(fold, leaf.values) if compared else None

    texts = required_texts(condition, frozenset({"eventName"}))

    assert texts is None or fold(value) in texts or reduce(condition, decide) is False


def test_a_condition_is_narrowed_by_a_dimension_that_can_make_it_false():
    named = Condition("eq", field="s3.bucket", values=("x",))
    either = Condition("or", of=(named, leaf_a))

    assert [is_narrowed(each, BUCKET) for each in (named, Condition("not", of=(named,)), either)] == [
        True,
        True,
        False,
    ]
    assert not is_narrowed(named, EVENT)


def test_a_detection_that_no_access_can_match_is_left_to_test_nowhere():
    never = Detection("many-reads", "", "low", Condition("or", of=()))
    named = Condition("eq", field="s3.bucket", values=("x",))
    first = Detection("reads", "", "low", Condition("or", of=(named, never.condition)))

    made = tree.Tree([never, first], (BUCKET, EVENT))

    assert [(each.number, each.condition) for each in made.root.remaining] == [(1, named)]


def test_of_a_key_that_no_rule_is_about_the_caller_is_not_looked_at():
    named = Condition("suffix", field="s3.key", values=(".pem",))
    user = Condition("eq", field="s3.principal_type", values=("user",))
    matcher = Matcher(Ruleset(detections=(Detection("x", "", "low", Condition("and", of=(named, user))),)))
    callers = next(each for each in matcher._tree.classes if each._dimension.name == "caller")
    looked_at = []
    for key, caller in (("a.pem", "Ann"), ("a.csv", "Ben"), ("b.PEM", "Cy")):
        raw = as_bytes(make_record(key=key, userIdentity=make_user(caller)))
        matcher.match(decode(raw), raw)
        looked_at.append(len(callers.by_key))

    assert looked_at == [1, 1, 2]


@pytest.mark.parametrize("kept", [tree.MAX_NARROWED, 0], ids=["remembered", "forgotten"])
def test_what_a_class_leaves_is_the_same_at_every_node(kept: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tree, "MAX_NARROWED", kept)
    names = [Condition("prefix", field="eventName", values=(verb,)) for verb in ("Get", "Put")]
    here = Condition("eq", field="s3.bucket", values=("hr-data",))
    rules = [*names, here, *(Condition("and", of=(here, name)) for name in names)]
    matcher = Matcher(
        Ruleset(detections=tuple(Detection(str(n), "", "low", each) for n, each in enumerate(rules)))
    )
    found = []
    for bucket, name in product(("hr-data", "logs", "web"), ("GetObject", "PutObject", "HeadObject")):
        raw = as_bytes(make_record(bucket=bucket, eventName=name))
        found.append([each.rule for hit in matcher.match(decode(raw), raw) for each in hit.detections])

    assert found == [["0", "2", "3"], ["1", "2", "4"], ["2"], *[["0"], ["1"], []] * 2]
