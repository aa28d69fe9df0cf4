import fcntl
import os

import pytest

from local.demo.deploy import Application


@pytest.fixture
def application(tmp_path):
    (tmp_path / ".aws-sam" / "build").mkdir(parents=True)
    (tmp_path / "functions").mkdir()
    for name in ("template.yaml", "functions/app.py", ".aws-sam/build/template.yaml"):
        (tmp_path / name).touch()
    return Application(tmp_path, "s")


def test_a_build_is_fresh_while_no_source_is_newer(application):
    assert application.fresh()


def test_a_newer_source_makes_a_build_stale(application):
    later = application.built.stat().st_mtime + 10
    os.utime(application.folder / "functions" / "app.py", (later, later))

    assert not application.fresh()


@pytest.mark.parametrize(
    "name", ["tests/test_x.py", ".venv/x.py", "local/x.py", "functions/__pycache__/app.pyc"]
)
def test_what_no_build_reads_makes_none_stale(application, name):
    path = application.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    later = application.built.stat().st_mtime + 10
    os.utime(path, (later, later))

    assert application.fresh()


def test_without_a_build_there_is_none_fresh(application):
    application.built.unlink()

    assert not application.fresh()


def test_one_builds_and_deploys_at_a_time(application):
    with application.alone(), (application.folder / ".aws-sam" / "lock").open("w") as other:  # noqa: SIM117
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
