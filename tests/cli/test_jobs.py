"""Whatever is replayed or searched, several processes print what one prints, byte for byte."""

from __future__ import annotations

import gzip
import json
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from s3watch_cli.history.archive import Archive
from s3watch_cli.history.batches import screen_by
from s3watch_cli.replay import Replayer
from s3watch_cli.replay_messages import MessageReplayer

from tests.support.access_log import make_line
from tests.support.broken_records import FILES, QUICK, items
from tests.support.cloudtrail import as_bytes, make_log_file, make_record
from tests.support.generated import records
from tests.support.log_files import ACCESS_KEY
from tests.support.project import RULES
from tests.support.sensitive import RULESET
from tests.support.year_of_logs import make_year

CORPUS = os.environ.get("S3WATCH_CORPUS", "")
WHOLE = """\
- name: hr
  match: s3://hr-data
  severity: high
  expected: [{principal: role/payroll-app, do: read}]
"""
EXCEPTION = (
    "- {rule: unexpected-read, actor: user/bob, owner: sec@example.com, reason: agreed, until: 2099-01-01}\n"
)
COMMANDS = {
    "alerts": ("replay", "logs"),
    "mails": ("replay", "logs", "--messages"),
    "alerts, an owner given": ("replay", "logs", "--account", "111122223333"),
    "search": ("search", "logs", "--object", "s3://hr-data"),
    "search for a caller": ("search", "logs", "--actor", "user/user7"),
}

type Results = tuple[int | str | None, str, str]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3watch) -> Callable[..., list[Results]]:
    """What one process and several print of the folder `logs`: exit code, standard output and error."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/detections").symlink_to(RULES / "detections")
    (tmp_path / "rules/catalogue.yaml").write_text(WHOLE, encoding="utf-8")
    (tmp_path / "rules/exceptions.yaml").write_text(EXCEPTION, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return lambda *command: [s3watch(*command, "--jobs", jobs) for jobs in ("1", "2")]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_of_a_year_of_logs_with_broken_files(command: tuple[str, ...], results):
    make_year(Path("logs"), 1600)
    one, several = results(*command)

    assert one == several
    assert (one[0], one[1].count("\n") > 1, len(one[2].splitlines()) > 10) == (1, True, True)


def test_of_what_is_left_out_or_not_there(results):
    for folder in ("logs", "empty"):
        Path(folder).mkdir()
    Path("logs/notes.txt").write_bytes(b"hello")
    for name in ("a.json", "b.json"):
        Path("logs", name).write_bytes(make_log_file(make_record()))
    one, several = results("replay", "logs/a.json", "empty", "no.json", "logs", "logs/b.json", "empty")

    assert one == several
    assert one[2].splitlines()[1:3] == ["no log file in empty", "no.json: No such file or directory"]


def test_of_standard_input_among_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, s3watch):
    """It is read by the process that has it, in its turn."""
    paths = [str(tmp_path / f"{number}.json") for number in range(4)]
    for number, path in enumerate(paths):
        Path(path).write_bytes(make_log_file(make_record(requestID=f"R{number}")))
    printed = []
    for jobs in ("1", "2"):
        with Path(paths[3]).open(encoding="utf-8") as file:
            monkeypatch.setattr(sys, "stdin", file)
            printed.append(
                s3watch("search", *paths[:2], "-", paths[2], "--event", "GetObject", "--jobs", jobs)
            )

    assert printed[0] == printed[1]
    assert [json.loads(line)["request"] for line in printed[0][1].splitlines()] == ["R0", "R1", "R3", "R2"]


def _compress(content: bytes) -> bytes:
    return gzip.compress(content, 1)


files = st.tuples(
    st.sampled_from(["log.json", "lines.ndjson", ACCESS_KEY.rpartition("/")[2]]),
    st.one_of(
        st.lists(records, max_size=4).map(lambda some: make_log_file(*some)),
        st.lists(records, max_size=4).map(lambda some: b"\n".join(map(as_bytes, some))),
        st.builds(
            lambda form, some: FILES[form]([each.raw for each in some]),
            st.sampled_from([*FILES]),
            items(QUICK),
        ),
        st.lists(
            st.sampled_from([make_line(), b"nonsense", make_line(request="X", key="payroll/x")]), max_size=9
        ).map(b"\n".join),
    ),
    st.sampled_from([bytes, bytes, _compress, lambda content: _compress(content)[:-9]]),
)


@settings(max_examples=15)  # each starts eight processes
@given(st.lists(files, min_size=2, max_size=12))
def test_of_generated_folders(several: list[tuple[str, bytes, Callable[[bytes], bytes]]]):
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, content, compress) in enumerate(several):
            path = Path(folder, str(number), name)
            path.parent.mkdir()
            path.write_bytes(compress(content))

        for replay in (replay_alerts, replay_mails):
            assert replay(folder, 1) == replay(folder, 2)


def replay_alerts(folder: str, jobs: int) -> tuple[Any, ...]:
    replayer = Replayer(RULESET)
    _read(folder, jobs, replayer)
    replayer.finish()
    return list(replayer.alerts()), replayer.result.counts, list(replayer.result.failures.lines())


def replay_mails(folder: str, jobs: int) -> tuple[Any, ...]:
    replayer = MessageReplayer(RULESET)
    _read(folder, jobs, replayer)
    return list(replayer.mails()), replayer.result.counts, list(replayer.result.failures.lines())


def _read(folder: str, jobs: int, replayer: Replayer | MessageReplayer) -> None:
    screen = replayer.screen
    Archive([folder], partial(screen_by, RULESET), jobs=jobs, here=screen).feed(replayer.take)


@pytest.mark.skipif(not CORPUS, reason="S3WATCH_CORPUS names no folder of recorded events")
@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_of_the_recorded_corpus(command: tuple[str, ...], results):
    Path("logs").symlink_to(CORPUS)
    one, several = results(*command)

    assert one == several
