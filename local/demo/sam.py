"""`python local/demo/sam.py`: the real sam, which waits and asks less.

It reads a template thirty times in a deployment: here by libyaml's parser, which saves two seconds of seven.
"""

from __future__ import annotations

import os
import runpy

import yaml
from samcli.lib.utils import version_checker


def ask_nobody() -> None:
    """Do not ask PyPI for a newer version, which takes seconds where nobody answers."""


yaml.SafeLoader = yaml.CSafeLoader  # type: ignore[assignment, misc] # reads the same language
version_checker.fetch_and_compare_versions = ask_nobody
os.environ.setdefault("SAM_CLI_POLL_DELAY", "0.3")  # seconds; its default of 5 is for AWS's pace
runpy.run_module("samcli", run_name="__main__", alter_sys=True)
