from __future__ import annotations

import inspect

import pytest
from hypothesis import given
from s3watch.errors import SettingError
from s3watch_cli.attach.bucket_settings import add_part, equivalent, missing
from s3watch_cli.attach.saved_state import Change, load, plan_change, revert, save
from s3watch_cli.commands.attach import attach_buckets

from tests.support.bucket_settings import EVENT_BRIDGE, logging_to, notifications
from tests.support.project import ROOT

AT = "2026-11-20T08:14:03+00:00"
CHANGE = Change(at=AT, before={}, after=EVENT_BRIDGE, added=EVENT_BRIDGE)


@given(notifications, notifications)
def test_undoing_a_change_brings_back_what_was_there(current, desired):
    change = plan_change(current, desired, None, AT)

    assert change is None or (revert(change.after, change), change.before) == (current, current)


@given(notifications, notifications, notifications)
def test_undoing_the_second_change_undoes_the_first_as_well(current, desired, later):
    first = plan_change(current, desired, None, AT)
    between = first.after if first else current
    second = plan_change(between, later, first, AT)

    last = second or first
    assert last is None or equivalent(revert(last.after, last), current)


@given(notifications, notifications, notifications)
def test_what_others_added_meanwhile_stays_when_a_change_is_undone(current, desired, theirs):
    change = plan_change(current, desired, None, AT)
    if change:
        with_theirs = add_part(change.after, missing(change.after, theirs))

        assert equivalent(revert(with_theirs, change), add_part(current, missing(change.after, theirs)))


@given(notifications, notifications)
def test_a_wish_that_is_true_needs_no_second_change(current, desired):
    change = plan_change(current, desired, None, AT)

    assert change is None or plan_change(change.after, desired, change, AT) is None


def test_a_target_that_was_replaced_comes_back():
    change = plan_change(logging_to("elsewhere", "x/"), logging_to("log-files"), None, AT)

    assert change == Change(
        at=AT,
        before=logging_to("elsewhere", "x/"),
        after=logging_to("log-files"),
        added=logging_to("log-files"),
        replaced=logging_to("elsewhere", "x/"),
    )
    assert revert(change.after, change) == logging_to("elsewhere", "x/")


def test_our_own_earlier_target_does_not_come_back():
    first = plan_change(logging_to("elsewhere"), logging_to("old"), None, AT)
    second = plan_change(logging_to("old"), logging_to("new"), first, AT)

    assert revert(logging_to("new"), second) == logging_to("elsewhere")


def test_what_others_took_away_meanwhile_is_put_in_anew_and_what_they_left_is_what_was_there():
    first = plan_change(logging_to("elsewhere"), logging_to("ours"), None, AT)
    second = plan_change({}, logging_to("ours"), first, AT)

    assert (second.before, second.after) == ({}, logging_to("ours"))


def test_a_replaced_target_stays_away_where_others_set_one_since():
    change = plan_change(logging_to("elsewhere"), logging_to("ours"), None, AT)

    assert revert(logging_to("theirs"), change) == logging_to("theirs")


def test_changes_are_kept_for_each_bucket_of_each_account(tmp_path):
    changes = {"notifications": CHANGE}

    save(tmp_path, "111122223333/hr-data", changes)

    assert load(tmp_path, "111122223333/hr-data") == changes
    assert load(tmp_path, "111122223333/finance-exports") == {}
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.json")] == [
        "attached/111122223333/hr-data.json"
    ]


def test_without_changes_nothing_is_kept(tmp_path):
    save(tmp_path, "111122223333/hr-data", {"notifications": CHANGE})
    save(tmp_path, "111122223333/hr-data", {})

    assert not list(tmp_path.rglob("*.json"))


@pytest.mark.parametrize(
    "content",
    [b'{"notifications": {}}', b'{"\xff": 1}', b"[" * 5000, b""],
    ids=["without its members", "not UTF-8", "nested too deep", "empty"],
)
def test_a_file_that_somebody_broke_is_named(tmp_path, content):
    save(tmp_path, "111122223333/hr-data", {"notifications": CHANGE})
    path = tmp_path / "attached/111122223333/hr-data.json"
    path.write_bytes(content)

    with pytest.raises(SettingError, match=r"hr-data\.json is not a file that attach wrote: .*backup"):
        load(tmp_path, "111122223333/hr-data")


def test_git_ignores_the_folder_of_attach():
    folder = inspect.signature(attach_buckets).parameters["state"].default

    assert f"{folder}/" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
