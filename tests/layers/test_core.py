"""The layer that `sam build` makes of layers/core, as Lambda would load it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.project import ROOT

pytestmark = pytest.mark.build
PACKAGES = "aws_lambda_powertools, iptocc, isal.igzip, maxminddb.extension, msgspec, re2"
LOADS = f"import s3watch.sources.cloudtrail, {PACKAGES}"


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as SAM does it: in the layer's folder, by the full path of its Makefile; both have a blank."""
    checkout = tmp_path_factory.mktemp("my checkouts")
    shutil.copytree(ROOT / "layers", checkout / "layers", ignore=shutil.ignore_patterns("__pycache__"))
    (checkout / ".venv").symlink_to(ROOT / ".venv")
    artifacts = checkout / "built here"
    makefile = checkout / "layers/core/Makefile"
    command = ["make", "--makefile", makefile, "build-CoreLayer", f"ARTIFACTS_DIR={artifacts}"]
    subprocess.run(command, cwd=makefile.parent, check=True, capture_output=True)
    return artifacts / "python"


def test_every_extension_module_is_there_for_both_architectures(layer):
    modules = {
        architecture: {
            re.sub(r"\.cpython-.*", "", str(path.relative_to(layer)))
            for path in layer.rglob(f"*.cpython-313-{architecture}-linux-gnu.so")
        }
        for architecture in ("aarch64", "x86_64")
    }

    assert modules["aarch64"] == modules["x86_64"]
    assert modules["x86_64"] == {
        "iptocc/iptocc",
        "isal/_isal",
        "isal/igzip_lib",
        "isal/isal_zlib",
        "maxminddb/extension",
        "msgspec/_core",
        "re2/_re2",
    }


def test_time_zones_are_the_layers_whatever_the_runtime_has(layer):
    """Amazon Linux has none in its minimal form, and a time zone changes more often than a runtime."""
    shown = subprocess.run(
        [
            sys.executable,
            "-S",
            "-B",
            "-c",
            "from zoneinfo import *; print(ZoneInfo('Europe/Berlin'), TZPATH)",
        ],
        env={"PYTHONPATH": str(layer), "PYTHONTZPATH": "/nowhere"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (shown.stdout, shown.stderr) == ("Europe/Berlin ('/nowhere',)\n", "")
    assert (layer / "tzdata/zoneinfo/Europe/Berlin").read_bytes().startswith(b"TZif")


def test_what_the_functions_import_loads_from_the_layer_alone(layer):
    loaded = subprocess.run(
        [sys.executable, "-S", "-B", "-c", LOADS],
        env={"PYTHONPATH": str(layer)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (loaded.returncode, loaded.stderr) == (0, "")


def test_every_module_comes_compiled_for_where_it_will_lie(layer):
    [compiled] = layer.glob("s3watch/sources/__pycache__/cloudtrail.*.pyc")

    assert b"/opt/python/s3watch/sources/cloudtrail.py" in compiled.read_bytes()


def test_only_what_is_needed_is_shipped(layer):
    size = sum(path.stat().st_size for path in layer.rglob("*") if path.is_file())

    assert size < 20_000_000, "bytes: a layer of twice this size adds to every cold start"
