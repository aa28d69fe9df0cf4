"""`python local/install.py REQUIREMENTS`: runs pip and says how far it is, or why it failed.

`make setup` runs it where nothing is installed yet, so it is written in the standard library alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

PIP = (sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "--no-input")
HASHED = (*PIP, "--progress-bar", "off", "--require-hashes", "--requirement")
PINNED = re.compile(r"^[\w.\[\],-]+==", re.MULTILINE)
TAKEN = ("Collecting ", "Processing ")  # how pip names a package of an index, and of this machine
SHOWN = 30  # last lines of pip's, where the reason for a failure is
EVERY = 25  # packages, where lines can not be written over


def install(command: Sequence[str], total: int, out: TextIO) -> int:
    """Run pip, counting the packages that it fetches; returns its exit code."""
    said, fetched = deque[str](maxlen=SHOWN), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as pip:  # noqa: S603 - pip with our own arguments
        for line in pip.stdout or ():
            said.append(line)
            if line.startswith(TAKEN):
                fetched += 1
                _count(fetched, total, out)
            elif line.startswith("Installing collected packages"):
                _tell(f"==> {fetched} packages fetched, now they are installed\n", out)
    if pip.returncode:
        out.write("".join(["\n", *said]))
    return pip.returncode


def _count(fetched: int, total: int, out: TextIO) -> None:
    if out.isatty():
        _tell(f"==> {fetched} of {total} packages", out)
    elif fetched % EVERY == 0:
        _tell(f"==> {fetched} of {total} packages\n", out)


def _tell(text: str, out: TextIO) -> None:
    out.write(f"\r{text}" if out.isatty() else text)  # over the line before
    out.flush()


def main() -> None:
    """Install what a file of requirements pins, and end with pip's exit code."""
    path = Path(sys.argv[1])
    total = len(PINNED.findall(path.read_text(encoding="utf-8")))
    sys.exit(install([*HASHED, str(path)], total, sys.stderr))


if __name__ == "__main__":
    main()
