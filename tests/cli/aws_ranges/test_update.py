from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest
from s3watch.errors import SettingError
from s3watch_cli.aws_ranges.ranges_file import RangesFile, read, serialize
from s3watch_cli.aws_ranges.update import update_ranges

from tests.cli.aws_ranges.test_ranges_file import published

NEW = published("192.0.2.0/24", created="2026-11-27-08-00-00")


@pytest.fixture
def given(tmp_path):
    """AWS's file, and an empty rules folder."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "ip-ranges.json").write_bytes(NEW)
    return str(tmp_path / "ip-ranges.json"), tmp_path / "rules"


def test_without_write_it_only_says_what_is_there(given, capsys):
    update_ranges(*given, write=False)

    assert capsys.readouterr().err == "AWS's address ranges of 2026-11-27: 1 network\n"
    assert not list(given[1].iterdir())


def test_your_own_ranges_stay(given, capsys):
    file = given[1] / "aws-ranges.json"
    file.write_bytes(
        serialize(RangesFile("2026-11-20-08-00-00", ("203.0.113.0/24",), (), ("198.51.100.0/24",)))
    )

    update_ranges(*given, write=True)

    assert read(file.read_bytes()) == RangesFile(
        "2026-11-27-08-00-00", ("192.0.2.0/24",), (), ("198.51.100.0/24",)
    )
    assert "written, with 1 network of your own" in capsys.readouterr().err


def test_the_published_file_may_come_by_standard_input(given, monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(NEW)))

    update_ranges("-", given[1], write=True)

    assert read((given[1] / "aws-ranges.json").read_bytes()).ipv4 == ("192.0.2.0/24",)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (serialize(RangesFile("2026-11-28-08-00-00")), "is newer"),
        (b"{", "correct it, or delete it"),
    ],
    ids=["a newer one", "a broken one"],
)
def test_nothing_newer_or_unknown_is_replaced(given, content, reason):
    file = given[1] / "aws-ranges.json"
    file.write_bytes(content)

    with pytest.raises(SettingError, match=reason):
        update_ranges(*given, write=True)
    assert file.read_bytes() == content
