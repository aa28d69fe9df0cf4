import subprocess
import sys

import pytest

from local.patches import Name, problems


def test_every_name_of_ministacks_that_we_build_on_is_as_it_was():
    # in a process of its own: ministack configures logging and starts threads when it is imported
    code = "from local.patches import problems; print(*problems(), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert done.stdout.strip() == ""


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        (Name("decoder", "JSONDecoder.decode", "self, s, _w"), None),
        (Name("decoder", "NaN"), None),
        (Name("decoder", "JSONDecoder.decipher"), "json.decoder.JSONDecoder.decipher is gone"),
        (Name("cipher", "decipher"), "json.cipher.decipher is gone"),
        (
            Name("decoder", "JSONDecoder.decode", "self, text"),
            "json.decoder.JSONDecoder.decode takes (self, s, _w), not (self, text)",
        ),
    ],
    ids=["as it was", "a constant", "gone", "its module gone", "other parameters"],
)
def test_a_name_that_is_gone_or_changed_is_told(name, problem):
    assert problems((name,), package="json") == ([problem] if problem else [])
