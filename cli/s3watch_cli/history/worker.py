"""A process that reads log files for another one (see workers.py): `python -m s3watch_cli.history.worker FD`.

It takes the paths of files from the connection and sends their batches. When the other process ends, however
it does, its end of our standard input closes, and we end too, whatever we are waiting for.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import suppress
from multiprocessing.connection import Connection

from s3watch.errors import describe

from s3watch_cli.history.batches import BatchReader
from s3watch_cli.history.files import read_chunks, title

READY = "ready"


def main() -> None:
    """Read files, one after another, for as long as the other process lives."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123  # a prompt for credentials must fail, and not wait
    connection = Connection(int(sys.argv[1]))
    with suppress(EOFError, ConnectionError):  # the other process has ended
        reader = _prepare(connection)
        while reader:
            _read(connection.recv(), reader, connection)


def _prepare(connection: Connection) -> BatchReader | None:
    """Make the reader that the other process wants, and say that it is ready, or why there is none."""
    try:
        make_screen, account = connection.recv()
        reader = BatchReader(make_screen(), account)
    except Exception as error:  # noqa: BLE001  # raised in the other process
        connection.send(describe(error))
        return None
    connection.send(READY)
    return reader


def _end_with_parent() -> None:
    os.read(0, 1)
    os._exit(1)


def _read(path: str, reader: BatchReader, connection: Connection) -> None:
    """Send the batches of a file, or what went wrong if that is nobody's fault but ours."""
    try:
        for batch in reader.read(title(path), read_chunks(path)):
            connection.send(batch)
    except Exception as error:  # noqa: BLE001  # raised in the other process
        connection.send(describe(error))


if __name__ == "__main__":
    main()
