from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest
from s3watch.errors import LogFileError
from s3watch_cli.history.failures import Failures
from s3watch_cli.history.files import LogFiles, read_chunks

from tests.support.log_files import ACCESS_KEY, TRAIL_KEY


def find(*paths: object) -> tuple[list[str], list[str], list[str]]:
    """The files found, what is noted of the others, and the failures."""
    failures = Failures()
    files = LogFiles([str(path) for path in paths], failures)
    return list(files), list(files.notes()), list(failures.lines())


def make_files(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"{}")
    return folder


def test_log_files_are_found_in_folders_by_their_names(tmp_path: Path):
    make_files(tmp_path, "b.log.gz", "a.log", "2026/b.json.gz", "2026/a.ndjson", TRAIL_KEY, ACCESS_KEY)
    found, notes, failures = find(tmp_path)

    assert [str(Path(path).relative_to(tmp_path)) for path in found] == [
        "a.log", "b.log.gz", ACCESS_KEY, "2026/a.ndjson", "2026/b.json.gz", TRAIL_KEY,
    ]  # fmt: skip
    assert (notes, failures) == ([], [])


def test_what_is_left_out_of_a_folder_is_said(tmp_path: Path):
    digest, config = TRAIL_KEY.replace("/CloudTrail/", "/CloudTrail-Digest/"), TRAIL_KEY.replace(
        "/CloudTrail/", "/Config/"
    )  # fmt: skip
    make_files(tmp_path, "a.json", digest, f"{digest}.json", config, "a.txt", "LICENSE", "c.tsv", "b.zip")

    named = f"{tmp_path}/LICENSE, {tmp_path}/a.txt, {tmp_path}/b.zip, ..."
    assert find(tmp_path)[1] == [
        "left out: 2 files of CloudTrail-Digest, without accesses",
        "left out: 1 file of Config, without accesses",
        f"left out: 4 whose names are not those of log files ({named})",
    ]


def test_a_pipe_in_a_folder_is_left_out_since_nobody_may_ever_write_to_it(tmp_path: Path):
    os.mkfifo(make_files(tmp_path, "a.json") / "b.json")

    assert find(tmp_path) == (
        [str(tmp_path / "a.json")], [f"left out: 1 special file ({tmp_path}/b.json)"], [],
    )  # fmt: skip


def test_a_folder_without_a_log_file_is_a_failure_and_the_others_are_read(tmp_path: Path):
    empty, full = make_files(tmp_path / "empty", "notes.txt"), make_files(tmp_path / "full", "a.json")
    found, _, failures = find(empty, full)

    assert (found, failures) == ([str(full / "a.json")], [f"no log file in {empty}"])


def test_a_file_that_is_named_is_read_whatever_its_name(tmp_path: Path):
    assert find(make_files(tmp_path, "export.txt") / "export.txt", "missing", "-")[0] == [
        str(tmp_path / "export.txt"), "missing", "-",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a\nb", b"a\nb"),
        (b"", b""),
        (gzip.compress(b"a\n") + gzip.compress(b"b") + b"\0\0", b"a\nb"),
        ("ä\nb".encode("utf-16"), "ä\nb".encode()),
        (b"\xfe\xff" + "ä\nb".encode("utf-16-be"), "ä\nb".encode()),
    ],
    ids=["as it is", "nothing", "gzip", "UTF-16 of PowerShell", "UTF-16, big-endian"],
)
def test_a_file_comes_out_decompressed_and_in_utf_8(tmp_path: Path, content: bytes, expected: bytes):
    (tmp_path / "a").write_bytes(content)

    assert b"".join(read_chunks(str(tmp_path / "a"))) == expected


NOISE = os.urandom(3_000_000)
WHOLE = gzip.compress(NOISE)


@pytest.mark.parametrize(
    ("content", "reason", "least"),
    [
        (WHOLE[:-20], "a.gz: truncated gzip", 2_000_000),
        (WHOLE[:-6] + b"??" + WHOLE[-4:], "a.gz: damaged gzip: ", 0),
        (WHOLE + b"more" * 9, "a.gz: damaged gzip: ", 0),
        (WHOLE[:1_000_000] + b"\xff" * 50_000, "a.gz: damaged gzip: ", 0),
        (b"plain text", "a.gz: not gzip", 0),
    ],
    ids=["truncated", "wrong checksum", "more after it", "damaged", "plain"],
)
def test_what_comes_before_the_damage_of_a_file_is_read(
    tmp_path: Path, content: bytes, reason: str, least: int
):
    path, read = tmp_path / "a.gz", []
    path.write_bytes(content)
    with pytest.raises(LogFileError, match=reason):
        read.extend(read_chunks(str(path)))

    assert len(b"".join(read)) >= least
    assert NOISE.startswith(b"".join(read))
