"""Files are read by several processes as by one; a process that ends takes no file and no result with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
from s3watch.pipelines.outcome import Screened
from s3watch_cli.history.archive import Archive
from s3watch_cli.history.batches import Batch, Screen
from s3watch_cli.history.failures import Failures
from s3watch_cli.history.log_reader import Placed
from s3watch_cli.history.workers import WorkerError

from tests.support.cloudtrail import make_log_file, make_record

SECONDS = 30  # within which a process that is to end has ended, on a busy machine too


def keep_all() -> Screen:
    return lambda records: Screened(list(records))


def keep_nothing() -> Screen:
    return lambda _: Screened()


def break_down() -> Screen:
    raise RuntimeError("no screen")


def trip() -> Screen:
    def screen(_: object) -> Screened:
        raise ValueError("odd")

    return screen


def die_while_sending() -> Screen:
    def send_half(connection: Connection, content: bytes) -> None:
        os.write(connection.fileno(), content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    def screen(records: Sequence[Placed]) -> Screened:
        Connection._send = send_half  # type: ignore[attr-defined]  # not typed
        return Screened(list(records))

    return screen


def read(paths: list[str], make_screen=keep_all, jobs: int | None = 2) -> tuple[list[Batch], list[str]]:
    batches = list(Archive(paths, make_screen, jobs=jobs).batches())
    failures = Failures()
    for batch in batches:
        failures.repeat(batch.failures)
    return batches, list(failures.lines())


def write_files(folder: Path, number: int) -> list[str]:
    for at in range(number):
        (folder / f"{at}.json").write_bytes(make_log_file(make_record(requestID=f"R{at}")))
    return [str(folder / f"{at}.json") for at in range(number)]


def test_batches_come_in_the_order_of_the_files(tmp_path: Path):
    paths = write_files(tmp_path, 20)
    places = [place for batch in read(paths)[0] for place, _ in batch.records]

    assert places == [f"{path}, record 1" for path in paths]


def test_a_file_that_is_larger_than_all_others_holds_none_of_them_up(tmp_path: Path):
    (tmp_path / "0.json").write_bytes(make_log_file(*[make_record()] * 6000))
    batches, _ = read([str(tmp_path / "0.json"), *write_files(tmp_path, 20)[1:]], keep_nothing)

    assert [batch.clean for batch in batches if batch.clean][-19:] == [1] * 19


def test_names_that_are_not_utf_8_are_read(tmp_path: Path):
    path = os.fsdecode(os.fsencode(tmp_path / "x") + b"\xff.json")
    Path(path).write_bytes(b"{")

    assert read([path, *write_files(tmp_path, 1)])[1][0].startswith(path)


@pytest.mark.parametrize(
    ("make_screen", "message"),
    [
        (trip, "0.json: internal error, ValueError: odd; see its traceback with --jobs 1 --debug"),
        (break_down, "no process to read files could be started: RuntimeError: no screen; use --jobs 1"),
    ],
    ids=["over a file", "at the start"],
)
def test_what_goes_wrong_in_a_process_is_raised(
    make_screen, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    write_files(tmp_path, 2)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WorkerError) as raised:
        read(["0.json", "1.json"], make_screen)

    assert str(raised.value) == message


def test_little_is_read_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "Popen", None)

    assert len(read(write_files(tmp_path, 3), jobs=None)[0]) == 10


def test_one_file_is_read_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(subprocess, "Popen", None)

    assert len(read(write_files(tmp_path, 1), jobs=8)[0]) == 4


@pytest.fixture
def waiting(project: Path) -> Iterator[subprocess.Popen[str]]:
    """A replay of two processes, of which one waits for more of 1.json, a pipe that is open for writing."""
    names = [Path(path).name for path in write_files(project, 4)]
    (project / "1.json").unlink()
    os.mkfifo(project / "1.json")
    command = [sys.executable, "-m", "s3watch_cli.main", "replay", *names, "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        writing = os.open(project / "1.json", os.O_WRONLY)
        try:
            yield process
        finally:
            os.close(writing)


def processes_of(parent: int) -> list[int]:
    """The processes that a process has started."""
    return list(map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split()))


def has_open(process: int, path: Path) -> bool:
    return any(link.resolve() == path for link in Path(f"/proc/{process}/fd").iterdir())


def wait_for_the_end_of(processes: list[int]) -> None:
    start = time.monotonic()
    for process in processes:
        state = Path(f"/proc/{process}/stat")
        while state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z":
            assert time.monotonic() < start + SECONDS
            time.sleep(0.01)


linux = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks /proc for processes")


@linux
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV], ids=lambda number: number.name)
def test_the_file_of_a_process_that_was_killed_is_named_and_no_other_is_lost(
    waiting: subprocess.Popen[str], project: Path, number: signal.Signals
):
    reading = [one for one in processes_of(waiting.pid) if has_open(one, project / "1.json")]
    os.kill(reading[0], number)
    out, err = waiting.communicate(timeout=SECONDS)

    assert (waiting.returncode, len(out.splitlines()), err.splitlines()) == (
        1,
        1,
        [
            f"1.json: not read to its end, because the process that read it was ended by signal {number}",
            "3 records: 0 clean, 0 excluded, 3 hit, 0 failed",
        ],
    )


def test_the_file_of_a_process_that_was_killed_while_it_sent_what_it_read_is_named(tmp_path: Path):
    paths = write_files(tmp_path, 3)
    why = "not read to its end, because the process that read it was ended by signal 9"

    assert read(paths, die_while_sending)[1] == [f"{path}: {why}" for path in paths]


@linux
def test_ctrl_c_ends_all_processes_at_once(waiting: subprocess.Popen[str]):
    processes = processes_of(waiting.pid)
    waiting.send_signal(signal.SIGINT)

    assert waiting.communicate(timeout=SECONDS) == ("", "")
    assert waiting.returncode == 130
    wait_for_the_end_of(processes)


@linux
def test_no_process_outlives_the_one_that_started_it(waiting: subprocess.Popen[str]):
    processes = processes_of(waiting.pid)
    waiting.kill()
    waiting.wait()

    assert len(processes) == 2
    wait_for_the_end_of(processes)
