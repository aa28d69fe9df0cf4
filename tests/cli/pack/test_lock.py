from __future__ import annotations

import pytest
from s3watch.errors import SettingError
from s3watch_cli.pack.folder import Pack
from s3watch_cli.pack.lock import FILE, Known, encode_lock, lock_of, read_lock
from s3watch_cli.pack.pieces import digest

PACK = Pack({"detections/a.yml": b"title: a\n", "tests/aws-ranges.json": b"{}"}, "1.2.0")


def test_a_lock_knows_the_digests_of_files_and_pieces():
    piece = digest("title: a\n")

    assert lock_of(PACK).units == {
        "detections/a.yml": {"detection": Known("detections/a.yml", piece, {"title": piece})},
        "tests/aws-ranges.json": {"file": Known("tests/aws-ranges.json", digest(b"{}"), {})},
    }


def test_a_lock_is_read_as_it_was_written(tmp_path):
    (tmp_path / FILE).write_bytes(encode_lock(lock_of(PACK)))

    assert read_lock(tmp_path) == lock_of(PACK)


def test_a_folder_without_a_lock_has_none(tmp_path):
    assert read_lock(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"{}", b"<<<<<<< HEAD\n", b'{"units": {"a": {"b": 1}}}'], ids=repr)
def test_a_lock_that_is_broken_is_refused(tmp_path, content):
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(SettingError, match="restore it, or delete it and use --base"):
        read_lock(tmp_path)
