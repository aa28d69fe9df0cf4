"""What a subscriber reads on a phone, in every situation."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.project import GOLDEN
from tests.support.situations import SITUATIONS, Situation, mail_of, rows_of

# What a phone shows of a message before anybody scrolls. One of 412 x 915 points, a common size, has about
# 650 points below the header; mail programs set plain text at about 14 points: some 50 columns
# in lines of 21 points, 30 of them. A line that only begins on the screen does not count.
COLUMNS, LINES = 50, 30
QUESTIONS = ("who", "what", "when", "where", "how", "new", "much", "expected", "next")

each_situation = pytest.mark.parametrize("situation", SITUATIONS, ids=str)


def first_screen(body: str) -> str:
    """Return the lines of a mail that a phone shows at once, whole."""
    shown, room = list[str](), LINES
    for line in body.split("\n"):
        room -= max(1, -(-len(line) // COLUMNS))
        if room < 0:
            break
        shown.append(line)
    return "\n".join(shown)


def answers(situation: Situation, body: str) -> dict[str, bool]:
    """Return which questions the first screen answers."""
    screen = first_screen(body)
    rows = rows_of(screen)
    caller = f"{rows.get('Who', '')} {rows.get('Signed by', '')}"
    behind = rows.get("Assumed by", "")
    return {
        "who": bool(caller.strip()) and situation.who in caller and situation.behind in behind,
        "what": situation.what in screen.split("\n", 1)[0],
        "when": situation.when in rows.get("When", ""),
        "where": situation.where in rows.get("From", ""),
        "how": situation.how in f"{rows.get('From', '')} {rows.get('How', '')}",
        "new": bool(rows.get("New")),
        "much": bool(rows.get("How much")),
        "expected": bool(rows.get("Expected")),
        "next": rows.get("Next", "").startswith("1. "),
    }


@each_situation
def test_a_situation_as_a_subscriber_reads_it(situation, golden_text):
    subject, body = mail_of(situation)
    text = f"Subject: {subject}\n\n{body}"

    assert text == golden_text(f"situations/{situation.name}.txt", text)


@each_situation
def test_the_first_screen_answers_what_a_subscriber_asks(situation):
    _, body = mail_of(situation)

    assert answers(situation, body) == {each: each not in situation.unknown for each in QUESTIONS}


def test_no_answer_is_missing_without_a_reason():
    given = Counter(question for situation in SITUATIONS for question in situation.unknown)

    assert given.keys() <= set(QUESTIONS)
    assert all(reason for situation in SITUATIONS for reason in situation.unknown.values())


def test_every_golden_file_is_that_of_a_situation():
    names = [situation.name for situation in SITUATIONS]

    assert len(names) == len(set(names)) >= 30
    assert {path.stem for path in (GOLDEN / "situations").glob("*.txt")} == set(names)
