from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from s3watch_cli.pack.folder import own_folder
from s3watch_cli.pack.lock import FILE

from tests.support.command_line import CASES
from tests.support.project import ROOT
from tests.support.rule_folders import RULE, write_folder

ID = "id: 8ad25b42-1815-4b18-b639-9cebde7b29f5\n"
OLD = ID + RULE
MINE = OLD.replace("level: high", "level: low")
NEW = OLD.replace(
    "description: Payroll files are for payroll.", "description: Nobody else needs payroll files."
)
CLASH = OLD.replace("level: high", "level: medium")


@pytest.fixture
def folders(project):
    """The user's `rules`, the pack `old` that they came from, and a pack `new`, which is the same."""
    for name in ("rules", "old", "new"):
        write_folder(project / name, detections__reads=OLD, tests__reads=CASES)
    return project


def rows(out: str) -> list[list[str]]:
    return [
        [row["change"], row["file"], row["was"], *row["about"]] for row in map(json.loads, out.splitlines())
    ]


def contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(folder.rglob("*.y*ml*"))
    }


def update(s3watch, *options):
    return s3watch("rules", "update", "rules", "--from", "new", *options)


def test_nothing_is_written_without_being_asked_to(folders, s3watch):
    write_folder(folders / "new", detections__reads=NEW)
    before = contents(folders)

    code, out, err = update(s3watch, "--base", "old")

    assert (code, rows(out)) == (0, [["updated", "detections/reads.yml", ""]])
    assert err == "rules: 1 unchanged, 1 updated\nno file is changed without --write\n"
    assert (contents(folders), (folders / "rules" / FILE).exists()) == (before, False)


def test_changes_of_both_sides_are_merged_and_the_folder_still_passes(folders, s3watch):
    write_folder(folders / "rules", detections__reads=MINE)
    write_folder(folders / "new", detections__reads=NEW)

    code, out, err = update(s3watch, "--base", "old", "--write")

    assert (code, rows(out)) == (0, [["merged", "detections/reads.yml", "", "description"]])
    assert err.endswith("check them: `s3watch test rules`, then build and deploy\n")
    assert contents(folders / "rules")["detections/reads.yml"] == NEW.replace("level: high", "level: low")
    assert s3watch("test", "rules")[0] == 0


def test_the_next_update_needs_no_base(folders, s3watch):
    update(s3watch, "--base", "old", "--write")
    write_folder(folders / "rules", detections__reads=MINE)
    write_folder(folders / "new", detections__reads=NEW)

    code, out, _ = update(s3watch)

    assert (code, rows(out)) == (0, [["merged", "detections/reads.yml", "", "description"]])


def test_a_conflict_leaves_the_file_as_it_is(folders, s3watch):
    write_folder(folders / "rules", detections__reads=MINE)
    write_folder(folders / "new", detections__reads=CLASH)
    before = contents(folders / "rules")

    code, out, err = update(s3watch, "--base", "old", "--write")

    assert (code, rows(out)) == (1, [["conflict", "detections/reads.yml", "", "level"]])
    assert "1 file to merge by hand, left as before; --write-conflicts writes the new version beside\n" in err
    assert contents(folders / "rules") == before


def test_a_conflict_is_written_beside_once(folders, s3watch):
    write_folder(folders / "rules", detections__reads=MINE)
    write_folder(folders / "new", detections__reads=CLASH)
    before = contents(folders / "rules")

    first = update(s3watch, "--base", "old", "--write", "--write-conflicts")
    beside = contents(folders / "rules")
    second = update(s3watch, "--write")

    assert (first[0], beside) == (1, before | {"detections/reads.yml.new": CLASH})
    assert (second[0], rows(second[1])) == (0, [["kept", "detections/reads.yml", "", "level"]])
    assert contents(folders / "rules") == beside


def test_what_is_being_merged_by_hand_is_not_overwritten(folders, s3watch):
    write_folder(folders / "rules", detections__reads=MINE)
    write_folder(folders / "new", detections__reads=CLASH)
    (folders / "rules/detections/reads.yml.new").write_text("half merged", encoding="utf-8")
    before = contents(folders / "rules")

    code, _, err = update(s3watch, "--base", "old", "--write", "--write-conflicts")

    place = "rules/detections/reads.yml.new"
    assert (code, contents(folders / "rules")) == (1, before)
    assert err.endswith(f"{place}: from an earlier update; merge and delete it, then update again\n")


def test_without_a_lock_it_is_said_how_to_do_better(folders, s3watch):
    write_folder(folders / "rules", detections__reads=MINE)

    code, _, err = update(s3watch)

    assert code == 1
    assert f"rules/{FILE} is missing, so nothing says what these files came from: name the rules of" in err


def test_a_new_name_is_said_where_the_users_files_have_the_old_one(folders, s3watch):
    for name in ("detections", "tests"):
        (folders / "new" / name / "reads.yml").rename(folders / "new" / name / "opens.yml")
    entry = "- rule: reads\n  actor: role/a\n  owner: me@example.com\n  reason: agreed\n  until: 2099-01-01\n"
    write_folder(folders / "rules", exceptions=entry)

    code, out, err = update(s3watch, "--base", "old", "--write")

    assert (code, rows(out)) == (0, [
        ["moved", "detections/opens.yml", "detections/reads.yml"],
        ["moved", "tests/opens.yml", "tests/reads.yml"],
    ])  # fmt: skip
    assert "rules/exceptions.yaml:1: names `reads`, which is `opens` now; change it\n" in err
    assert list(contents(folders / "rules")) == [
        "catalogue.yaml", "detections/opens.yml", "exceptions.yaml", "tests/opens.yml",
    ]  # fmt: skip


def test_what_is_gone_itself_is_not_said_to_name_what_is_gone(folders, s3watch):
    for name in ("rules", "old"):
        write_folder(folders / name, detections__many="correlation: {rules: [reads]}\n")
    (folders / "new/detections/reads.yml").write_text(RULE, encoding="utf-8")
    (folders / "new/detections/reads.yml").rename(folders / "new/detections/opens.yml")

    _, out, err = update(s3watch, "--base", "old", "--write")

    assert ["removed", "detections/many.yml", ""] in rows(out)
    assert "names" not in err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("rules", "--from", "rules"), 1, "rules: is the one to update; name a newer one: --from"),
        ((str(ROOT / "rules"),), 1, "comes with this s3watch; name a newer one: --from ../s3watch-NEWER"),
        (("rules", "--from", "."), 1, "rules: is the one to update"),
        (("rules", "--from", "new", "--base", "rules"), 1, "rules: is what you edited; name with --base"),
        (("rules", "--from", "new", "--base", "."), 1, "rules: is what you edited; name with --base"),
        (("rules", "--from", "rules/tests"), 1, "no detections; name a rules folder or a checkout"),
        (("rules", "--from", "new", "--write-conflicts"), 2, "it needs --write"),
        (("no-such-folder",), 2, "does not exist"),
    ],
    ids=[
        "itself", "the pack itself", "its own checkout", "itself as base", "its checkout as base", "no pack",
        "conflicts without writing", "no folder",
    ],
)  # fmt: skip
def test_wrong_use_is_refused(folders, s3watch, arguments, code, said):
    ended, out, err = s3watch("rules", "update", *arguments)

    assert (ended, out) == (code, "")
    assert said in err


def test_a_broken_lock_is_one_line(folders, s3watch):
    (folders / "rules" / FILE).write_text("<<<<<<< HEAD\n", encoding="utf-8")

    code, out, err = update(s3watch)

    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith(f"rules/{FILE}: not as `s3watch rules update` writes it: ")


def test_what_a_folder_lacks_comes_from_the_pack_of_this_s3watch(tmp_path, s3watch):
    shutil.copytree(own_folder(), tmp_path / "rules")
    for part in ("detections", "tests"):
        (tmp_path / "rules" / part / "unexpected-read.yml").unlink()

    code, out, _ = s3watch("rules", "update", str(tmp_path / "rules"), "--write")

    assert (code, [row[0] for row in rows(out)]) == (0, ["new", "new"])
    assert contents(tmp_path / "rules/detections") == contents(own_folder() / "detections")
