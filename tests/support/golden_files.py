"""Golden files: what people receive, kept whole, so that every change of it is seen in review."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.project import GOLDEN


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the golden files instead of comparing"
    )


@pytest.fixture
def golden_text(request: pytest.FixtureRequest) -> Callable[[str, str], str]:
    """What a text has to be: that of the golden file of a name, whole."""

    def read(name: str, text: str) -> str:
        path = GOLDEN / name
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return path.read_text(encoding="utf-8")

    return read
