import io
import sys

from local.install import EVERY, SHOWN, install


class Terminal(io.StringIO):
    def isatty(self):
        return True


def pip(program):
    """A program in place of pip."""
    return [sys.executable, "-c", program]


FETCHES = f"""
for n in range({2 * EVERY}):
    print(f"{{('Collecting', 'Processing')[n % 2]}} p{{n}}")
    print(f"  Downloading p{{n}}.whl")
"""
INSTALLS = "print('Installing collected packages: p0, p1')"


def test_progress_is_counted_while_packages_are_fetched():
    out = io.StringIO()

    assert install(pip(FETCHES + INSTALLS), 60, out) == 0
    assert out.getvalue().splitlines() == [
        "==> 25 of 60 packages", "==> 50 of 60 packages", "==> 50 packages fetched, now they are installed",
    ]  # fmt: skip


def test_on_a_terminal_it_is_one_line_that_changes():
    out = Terminal()
    install(pip(FETCHES + INSTALLS), 60, out)

    assert out.getvalue().startswith("\r==> 1 of 60 packages\r==> 2 of 60 packages\r")
    assert out.getvalue().count("\n") == 1


def test_what_pip_said_last_is_shown_if_it_fails():
    out = io.StringIO()
    code = install(pip("for n in range(99): print(n)\nraise SystemExit(3)"), 60, out)

    assert (code, out.getvalue().split()) == (3, [str(n) for n in range(99 - SHOWN, 99)])
