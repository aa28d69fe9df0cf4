from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch.alerts.chat_token import Shown, read, write
from s3watch.errors import RefusedError

KEY = b"k" * 32
SHOWN = Shown("01KAG3Z5B0M4YQ8ZJ1T6W9XH2V", 3)
TOKEN = write(SHOWN, KEY)


def test_a_token_says_what_was_shown():
    assert TOKEN.startswith("01KAG3Z5B0M4YQ8ZJ1T6W9XH2V.3.")
    assert read(TOKEN, KEY) == SHOWN


@pytest.mark.parametrize(
    "token",
    [
        "",
        None,
        3,
        SHOWN.alert,
        f"{SHOWN.alert}.3",
        f"{SHOWN.alert}.3.",
        TOKEN.replace(".3.", ".4."),
        TOKEN.replace("01KAG", "01KAH"),
        TOKEN + "0",
        TOKEN[:-1],
        f"{TOKEN}.x",
        TOKEN.upper(),
        "é" + TOKEN,
        TOKEN * 99,
    ],
    ids=[
        "empty", "none", "number", "an id", "unsigned", "an empty code", "another message", "another alert",
        "longer", "shorter", "four parts", "in capitals", "not ASCII", "too long",
    ],
)  # fmt: skip
def test_whatever_is_not_one_of_ours_is_refused(token):
    with pytest.raises(RefusedError, match="this is no alert that the chat has shown"):
        read(token, KEY)


def test_another_stacks_token_is_refused():
    with pytest.raises(RefusedError):
        read(TOKEN, b"other" * 7)


@given(st.text())
def test_no_other_text_is_a_token(text):
    with pytest.raises(RefusedError):
        read(text, KEY)
