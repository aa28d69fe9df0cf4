from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from s3watch_cli.pack.folder import Pack, group
from s3watch_cli.pack.lock import lock_of
from s3watch_cli.pack.pieces import split
from s3watch_cli.pack.plan import Step, next_lock, old_name, plan

IDS = [f"8ad25b42-1815-4b18-b639-9cebde7b29f{digit}" for digit in "123"]
ID = IDS[0]
TESTS = b"cases:\n- name: a\n"


def rule(level: str = "low", title: str = "a", key: str = ID) -> bytes:
    return f"title: {title}\nid: {key}\nlevel: {level}\n".encode()


OLD = {"detections/a.yml": rule(), "tests/a.yml": TESTS}
HIGH = rule("high")


def steps(mine, theirs, base=OLD):
    lock = None if base is None else lock_of(Pack(base, "1.0"))
    return [step for step in plan(lock, mine, Pack(theirs, "1.1")).steps if step.change != "unchanged"]


def named(name: str, detection: bytes = rule(), tests: bytes = TESTS) -> dict[str, bytes]:  # bytes
    return {f"detections/{name}.yml": detection, f"tests/{name}.yml": tests}


@pytest.mark.parametrize(
    ("mine", "theirs", "wanted"),
    [
        (OLD, named("b"), [
            Step("detections/b.yml", "moved", rule(), "detections/a.yml"),
            Step("tests/b.yml", "moved", TESTS, "tests/a.yml"),
        ]),
        (named("a", HIGH), named("b"), [
            Step("detections/b.yml", "moved", HIGH, "detections/a.yml", ("level",)),
            Step("tests/b.yml", "moved", TESTS, "tests/a.yml"),
        ]),
        (named("mine"), named("b", HIGH), [
            Step("detections/mine.yml", "updated", HIGH),
            Step("tests/mine.yml", "kept", about=("its name",)),
        ]),
        ({}, named("a", HIGH), [Step("detections/a.yml", "deleted"), Step("tests/a.yml", "deleted")]),
        (named("a", HIGH), {}, [Step("detections/a.yml", "kept"), Step("tests/a.yml", "kept")]),
        (named("a", HIGH), named("a", rule("medium"), b""), [
            Step("detections/a.yml", "conflict", about=("level",), beside=rule("medium")),
            Step("tests/a.yml", "waits", beside=b""),
        ]),
        (OLD | {"detections/b.yml": b"title: my own\n"}, named("b"), [
            Step("detections/a.yml", "conflict", about=("its name",), beside=rule()),
            Step("tests/a.yml", "conflict", about=("its name",), beside=TESTS),
        ]),
        (OLD, OLD | named("b", rule(key=IDS[1])), [
            Step("detections/b.yml", "new", rule(key=IDS[1])), Step("tests/b.yml", "new", TESTS),
        ]),
        (named("a", rule(key="0")), named("a", HIGH), [
            Step("detections/a.yml", "merged", rule("high", key="0"), about=("level",)),
        ]),
        (named("a", rule(key=IDS[1])), named("a", HIGH), [
            Step("detections/a.yml", "deleted"), Step("tests/a.yml", "deleted"),
        ]),
    ],
    ids=[
        "moved", "moved with changes", "renamed here", "deleted here", "removed there", "both changed",
        "moved onto another's name", "new", "without its id",
        "another in its place",
    ],
)  # fmt: skip
def test_a_detection_and_its_tests_are_planned_together(mine, theirs, wanted):
    assert steps(mine, theirs) == wanted


def test_tests_that_the_pack_no_longer_has_stay_with_a_detection_in_conflict():
    mine, theirs = named("a", HIGH), {"detections/a.yml": rule("medium")}

    assert steps(mine, theirs)[1:] == [Step("tests/a.yml", "kept")]


def test_tests_that_are_new_stay_away_with_the_detection_that_its_user_deleted():
    assert steps({}, OLD, {"detections/a.yml": rule()}) == [
        Step("detections/a.yml", "deleted"),
        Step("tests/a.yml", "deleted"),
    ]


def test_a_conflict_keeps_its_base_until_it_is_written_beside():
    old, new = lock_of(Pack(OLD, "1.0")), lock_of(Pack(named("a", HIGH), "1.1"))
    pack = Pack(named("a", HIGH), "1.1")

    assert next_lock(old, pack, [ID]) == replace(old, version="1.1")
    assert next_lock(old, pack, []) == new


def test_without_a_base_what_differs_is_a_change_of_the_users():
    theirs = named("a", HIGH) | named("b", rule(key=IDS[1]))

    assert [(step.file, step.change) for step in steps(OLD, theirs, None)] == [
        ("detections/a.yml", "conflict"),
        ("detections/b.yml", "new"),
        ("tests/b.yml", "new"),
    ]


def test_two_detections_may_exchange_their_names():
    old = named("a") | named("b", rule(key=IDS[1]))
    new = named("b") | named("a", rule(key=IDS[1]))
    found = plan(lock_of(Pack(old, "")), old, Pack(new, ""))

    assert (found.contents, found.gone, found.conflicts) == (new, [], frozenset())


@pytest.mark.parametrize(
    ("step", "name"),
    [
        (Step("detections/b.yml", "moved", b"", "detections/a.yml"), "a"),
        (Step("detections/a.yml", "removed"), "a"),
        (Step("tests/a.yml", "removed"), ""),
        (Step("detections/a.yml", "updated", b""), ""),
    ],
    ids=["moved", "removed", "tests", "updated"],
)
def test_a_detection_that_goes_has_an_old_name(step, name):
    assert old_name(step) == name


VALUE = st.sampled_from(["a", "b", "c"])
CASES = st.dictionaries(VALUE, VALUE, max_size=2)
DETECTION = st.tuples(VALUE, VALUE, st.none() | CASES)


@st.composite
def folders(draw):
    """A folder with up to three detections, by any names, each with or without tests, and one other file."""
    names = draw(st.permutations(["p", "q", "r", "s"]))
    files = {}
    for key, name in zip(IDS, names, strict=False):
        if draw(st.booleans()):
            level, title, cases = draw(DETECTION)
            files[f"detections/{name}.yml"] = rule(level, title, key)
            if cases is not None:
                listed = "".join(f"\n- name: {case}\n  expect: {expect}\n" for case, expect in cases.items())
                files[f"tests/{name}.yml"] = f"cases:\n{listed}".encode()
    return files | {"tests/README.md": draw(VALUE).encode()}


def after(files, found):
    return {name: text for name, text in (files | found.contents).items() if name not in found.gone}


@given(folders(), folders())
def test_an_unedited_folder_becomes_exactly_the_new_pack(base, theirs):
    found = plan(lock_of(Pack(base, "")), base, Pack(theirs, ""))

    assert (after(base, found), found.conflicts) == (theirs, frozenset())


@given(folders(), folders(), folders(), st.booleans(), st.booleans())
def test_a_second_update_changes_nothing(base, mine, theirs, known, beside):
    lock, pack = lock_of(Pack(base, "1.0")) if known else None, Pack(theirs, "1.1")
    first = plan(lock, mine, pack)
    once = next_lock(lock, pack, () if beside else first.conflicts)
    second = plan(once, after(mine, first), pack)
    twice = next_lock(once, pack, () if beside else second.conflicts)

    assert (second.contents, second.gone, twice) == ({}, [], once)
    assert second.conflicts == (frozenset() if beside else first.conflicts)


@given(folders(), folders(), folders(), st.booleans())
def test_no_change_of_the_users_is_lost(base, mine, theirs, known):
    lock = lock_of(Pack(base, "")) if known else None
    found = plan(lock, mine, Pack(theirs, ""))
    result = after(mine, found)

    for key, unit in group(mine).items():
        for role, path in unit.items():
            came = {*pieces(base, group(base).get(key, {}).get(role)).items()} if known else set()
            own = {*pieces(mine, path).items()} - came
            moved = {step.was: step.file for step in found.steps}
            assert own <= {*pieces(result, moved.get(path, path) if own else None).items()}


@given(folders(), folders(), folders())
def test_a_detection_that_its_user_deleted_stays_away(base, mine, theirs):
    found = plan(lock_of(Pack(base, "")), mine, Pack(theirs, ""))
    deleted = {*group(base)} - {*group(mine)}

    assert not deleted & {*group(after(mine, found))} & {*IDS}


def pieces(files, path):
    return split(files[path]) or {"": files[path].decode()} if path else {}
