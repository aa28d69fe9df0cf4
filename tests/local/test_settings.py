import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from local.cloud import StartError, running
from local.settings import Settings, SettingsError
from tests.support.project import ROOT


def test_settings_come_from_the_environment():
    environment = {"LOCAL_AWS_PORT": "4577", "LOCAL_AWS_FOLDER": "/x", "LOCAL_AWS_SPEED": "60"}

    assert Settings.read(environment) == Settings(port=4577, folder=Path("/x"), speed=60)


@pytest.mark.parametrize(
    ("name", "value", "instead"),
    [
        ("PORT", "abc", "a port, from 1 to 65535"),
        ("PORT", "70000", "a port, from 1 to 65535"),
        ("WORKERS", "0", "a number of processes, from 1"),
        ("SPEED", "fast", "a number greater than 0"),
        ("SPEED", "0", "a number greater than 0"),
        ("EVENT_DELAY", "-1", "seconds, from 0"),
        ("LOG_INTERVAL", "nan", "seconds, greater than 0"),
    ],
    ids=str,
)
def test_a_setting_that_is_none_is_told_in_words(name, value, instead):
    with pytest.raises(SettingsError, match=f"^LOCAL_AWS_{name} is '{value}': write {instead}$"):
        Settings.read({f"LOCAL_AWS_{name}": value})


def test_all_settings_that_are_none_are_told_together():
    with pytest.raises(SettingsError) as refused:
        Settings.read({"LOCAL_AWS_PORT": "abc", "LOCAL_AWS_SPEED": "0"})

    assert len(str(refused.value).splitlines()) == 2


@pytest.mark.parametrize("module", ["local.demo.run", "local.messaging.inbox", "local.start"], ids=str)
def test_a_command_ends_in_one_line_if_a_setting_is_none(module):
    environment = {"LOCAL_AWS_PORT": "abc", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-m", module], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    said = "LOCAL_AWS_PORT is 'abc': write a port, from 1 to 65535\n"
    assert (done.returncode, done.stderr.removeprefix("demo: ")) == (1, said)


def test_a_folder_that_is_a_file_is_told_in_words(tmp_path):
    (tmp_path / "taken").touch()

    with pytest.raises(StartError, match=r"cannot be made: .*LOCAL_AWS_FOLDER"):
        running(replace(Settings.read({}), folder=tmp_path / "taken" / "x")).__enter__()


def test_a_port_nobody_named_is_a_free_one():
    assert Settings.read({}).port > 1023


def test_settings_pass_to_another_process_whole():
    settings = Settings(4577, Path("/x"), workers=2, speed=1.5, event_delay=0.1, log_interval=1)

    assert Settings.read(settings.variables()) == settings
