"""`python -m local.start`: the local AWS in this process, until TERM or Ctrl-C.

With --until-stdin-closes it also ends with the process that started it, even if that was killed.
"""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
import shutil
import signal
import sys
from typing import Any, TextIO

from local.settings import Settings, SettingsError, client_environment, server_environment


async def serve(settings: Settings, *, until_stdin_closes: bool) -> None:
    """Serve ministack, patched and observed, until TERM or INT; its Lambda processes end with it."""
    # imported here because ministack reads the environment when it is imported
    from hypercorn.asyncio import serve as hypercorn  # noqa: PLC0415
    from hypercorn.config import Config  # noqa: PLC0415
    from ministack import app  # noqa: PLC0415
    from ministack.core import lambda_runtime  # noqa: PLC0415

    from local.cloudtrail.delivery import Delivery  # noqa: PLC0415
    from local.observer import Observer  # noqa: PLC0415
    from local.s3.access_logs import AccessLogs  # noqa: PLC0415

    delivery, access_logs = Delivery(settings), AccessLogs(settings)
    delivery.start()
    access_logs.start()
    config = Config()
    config.bind = [f"127.0.0.1:{settings.port}"]
    config.graceful_timeout = 1  # seconds for open connections; SDKs keep theirs open, idle
    config.accesslog = None
    ending = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ending.set)
    if until_stdin_closes:
        asyncio.get_running_loop().add_reader(sys.stdin, ending.set)
    observed: Any = Observer(app.app, delivery, access_logs)
    await hypercorn(observed, config, shutdown_trigger=ending.wait)
    lambda_runtime.reset()


def patch(settings: Settings) -> None:
    """Add what ministack lacks; exits with one line for each name in it that is not as expected."""
    from local import patches  # noqa: PLC0415 - as above
    from local.cloudformation import (  # noqa: PLC0415 - as above
        conditions,
        nested_attributes,
        nested_deletion,
        resources,
        template_urls,
    )
    from local.cloudtrail import event_history, trail_options  # noqa: PLC0415 - as above
    from local.lambdas import actions, queues, streams, workers  # noqa: PLC0415 - as above
    from local.messaging import bus, confirmation, topics  # noqa: PLC0415 - as above
    from local.s3 import access_grants, access_logs, account_block, notifications, subresources  # noqa: PLC0415 - as above

    if problems := patches.problems():
        sys.exit(
            "\n".join([*problems, "requirements pin the ministack that local/patches.py was written for"])
        )
    for install in (
        topics.install, confirmation.install, workers.install, bus.install, template_urls.install,
    ):  # fmt: skip
        install(settings)
    for module in (
        actions, queues, streams, resources, conditions, nested_attributes, nested_deletion, notifications,
        access_grants, access_logs, account_block, subresources, trail_options, event_history,
    ):  # fmt: skip
        module.install()


def announce(settings: Settings) -> None:
    """Print where it listens, how to call it, and what it does not run."""
    from local.cloudformation.resources import KEPT, NOT_RUN  # noqa: PLC0415

    lines = [
        f"local AWS on {settings.endpoint}, what it does is logged in {settings.log}",
        *(f"  export {name}={value}" for name, value in client_environment(settings.endpoint).items()),
        "recorded, not run here:",
        *(f"  {resource_type}: {why}" for resource_type, why in {**KEPT, **NOT_RUN}.items()),
    ]
    print("\n".join(lines), file=sys.stderr, flush=True)  # noqa: T201


def clear(settings: Settings) -> TextIO:
    """Lock the folder and empty it of an earlier run; exits if another local AWS runs in it."""
    settings.folder.mkdir(parents=True, exist_ok=True)
    lock = (settings.folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        sys.exit(f"another local AWS runs in {settings.folder}: end it, or name another LOCAL_AWS_FOLDER")
    settings.inbox.write_text("")
    for name in ("functions", "layers"):
        shutil.rmtree(settings.folder / name, ignore_errors=True)
    return lock


def main() -> None:
    """Start the local AWS and serve until it is stopped."""
    try:
        settings = Settings.read()
    except SettingsError as error:
        sys.exit(str(error))
    lock = clear(settings)
    logging.basicConfig(
        filename=settings.log, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    os.environ.update(server_environment(settings))
    patch(settings)
    announce(settings)
    asyncio.run(serve(settings, until_stdin_closes="--until-stdin-closes" in sys.argv))
    lock.close()
    os._exit(0)  # ministack's own threads would hold the process back


if __name__ == "__main__":
    main()
