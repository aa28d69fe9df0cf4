from pathlib import Path

from local.settings import Settings


def test_settings_come_from_the_environment():
    environment = {"LOCAL_AWS_PORT": "4577", "LOCAL_AWS_FOLDER": "/x", "LOCAL_AWS_SPEED": "60"}

    assert Settings.read(environment) == Settings(port=4577, folder=Path("/x"), speed=60)


def test_a_port_nobody_named_is_a_free_one():
    assert Settings.read({}).port > 1023


def test_settings_pass_to_another_process_whole():
    settings = Settings(4577, Path("/x"), workers=2, speed=1.5, event_delay=0.1, log_interval=1)

    assert Settings.read(settings.variables()) == settings
