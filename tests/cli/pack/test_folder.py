from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from s3watch.errors import SettingError
from s3watch.version import __version__
from s3watch_cli.pack.folder import INSTALLED, group, id_of, own_folder, read_files, read_pack

from tests.support.project import ROOT
from tests.support.rule_folders import write_folder

ID = "8ad25b42-1815-4b18-b639-9cebde7b29f5"


def test_the_pack_of_a_checkout_is_its_rules():
    assert own_folder() == ROOT / "rules"


@pytest.mark.parametrize("named", [None, ROOT, ROOT / "rules"], ids=["own", "checkout", "rules"])
def test_a_pack_has_the_version_of_its_checkout(named):
    assert read_pack(named).version == __version__


def test_a_wheel_brings_all_files_of_the_pack():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["setuptools"]["data-files"]
    found = {
        (Path(to) / path.name).relative_to(INSTALLED).as_posix()
        for to, globs in shipped.items()
        for glob in globs
        for path in ROOT.glob(glob)
    }

    assert found == read_files(ROOT / "rules").keys()


def test_a_folder_without_detections_is_refused(tmp_path):
    with pytest.raises(SettingError, match="no detections; name a rules folder or a checkout of s3watch"):
        read_pack(tmp_path)


def test_what_is_hidden_or_to_be_merged_by_hand_is_no_file_of_a_pack(tmp_path):
    write_folder(tmp_path, catalogue="", detections__a="", tests__a="")
    for name in (".a.yml.part", "a.yml.new"):
        (tmp_path / "detections" / name).touch()

    assert list(read_files(tmp_path)) == ["detections/a.yml", "tests/a.yml"]


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (f"title: a\nid: {ID.upper()}\n", ID),
        (f"id: '{ID}' # ours\n", ID),
        (f"related:\n  - id: {ID}\n", ""),
        ("id: a\n", ""),
    ],
    ids=["plain", "quoted", "of another", "no UUID"],
)
def test_the_id_of_a_detection_is_that_at_its_top(content, found):
    assert id_of(content.encode()) == found


def test_a_detection_and_its_tests_are_a_unit_and_others_are_alone():
    files = {
        "detections/a.yml": f"id: {ID}".encode(), "detections/b.yml": b"",
        "detections/copy.yml": f"id: {ID}".encode(), "detections/more/a.yml": b"",
        "tests/README.md": b"", "tests/a.yml": b"", "tests/b.yml": b"",
    }  # fmt: skip

    assert group(files) == {
        ID: {"detection": "detections/a.yml", "tests": "tests/a.yml"},
        "detections/b.yml": {"detection": "detections/b.yml", "tests": "tests/b.yml"},
        "detections/copy.yml": {"detection": "detections/copy.yml"},
        "detections/more/a.yml": {"detection": "detections/more/a.yml"},
        "tests/README.md": {"file": "tests/README.md"},
    }


def test_every_shipped_detection_has_an_id_by_which_it_is_found_again():
    units = group(read_files(ROOT / "rules"))

    assert [key for key, unit in units.items() if "detection" in unit and key == unit["detection"]] == []
