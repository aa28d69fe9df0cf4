from __future__ import annotations

from itertools import count

import pytest
from s3watch.enrichment.patience import MOST_WAITED, Patience
from s3watch.enrichment.source import BUSY, KEPT, MOST_ASKED, MOST_KEPT, REFUSED, REST, Answer, Source
from s3watch.errors import RefusedError, ThrottledError, UnavailableError

from tests.support.sensitive import NOW

AWAY, DENIED = UnavailableError("S3: read timeout"), RefusedError("S3: AccessDenied")


class Asked:
    """A source that answers what it is set to, and what it was asked and told."""

    def __init__(self, answer: str | Exception = "enabled") -> None:
        self.answer, self.names, self.told = answer, list[str](), list[tuple[str, str]]()
        self.source = Source[str]("versioning", self.read, lambda *failure: self.told.append(failure))

    def read(self, name: str) -> str:
        self.names.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_an_answer_counts_for_a_minute_and_then_is_asked_for_again():
    asked = Asked()
    answers = [asked.source.ask("hr-data", now) for now in (NOW, NOW + KEPT - 1, NOW + KEPT)]

    assert answers == [Answer("enabled")] * 3
    assert asked.names == ["hr-data"] * 2


def test_a_source_may_have_its_own_time_and_number_of_calls():
    asked = Asked()
    source = Source[str]("ACL", asked.read, lambda *_: None, kept=10, most=1)
    answers = [source.ask(*call) for call in (("a", NOW), ("b", NOW), ("a", NOW + 9), ("a", NOW + 10))]

    assert answers == [Answer("enabled"), Answer(reason="too many"), Answer("enabled"), Answer("enabled")]
    assert asked.names == ["a", "a"]


def test_a_refusal_counts_longer_for_its_bucket_alone_and_is_told_once():
    asked = Asked(DENIED)
    refused = [asked.source.ask("theirs", now) for now in (NOW, NOW + REFUSED - 1)]
    asked.answer = "never"

    assert refused == [Answer(reason="refused")] * 2
    assert asked.source.ask("hr-data", NOW + 1) == Answer("never")
    assert asked.told == [("versioning", "theirs: S3: AccessDenied")]


def test_a_source_that_is_away_is_left_alone_for_a_minute_whatever_it_is_asked():
    asked = Asked(AWAY)
    away = [asked.source.ask(name, NOW + later) for name, later in (("a", 0), ("b", 0), ("a", REST - 1))]
    asked.answer = "enabled"

    assert away == [Answer(reason="no answer")] * 3
    assert (asked.names, len(asked.told)) == (["a"], 1)
    assert asked.source.ask("a", NOW + REST) == Answer("enabled")


def test_a_batch_that_has_waited_long_asks_no_more_and_the_next_one_does():
    asked = Asked()
    patience = Patience(count(step=MOST_WAITED).__next__)
    source = Source[str]("tags", asked.read, lambda *failure: asked.told.append(failure), patience=patience)
    answers = [source.ask(*call) for call in (("a", NOW), ("b", NOW), ("c", NOW), ("b", NOW + BUSY))]

    assert answers == [Answer("enabled"), *[Answer(reason="no answer")] * 2, Answer("enabled")]
    assert asked.told == [("tags", "b: the sources took all the time of the batch")]


def test_a_source_that_is_busy_is_asked_again_after_some_seconds_and_is_no_failure():
    asked, noted = Asked(ThrottledError("CloudTrail: Rate exceeded")), list[tuple[str, str]]()
    source = Source[str](
        "history", asked.read, lambda *told: asked.told.append(told), note=lambda *told: noted.append(told)
    )
    busy = [source.ask("a", now) for now in (NOW, NOW + BUSY - 1)]
    asked.answer = "alice"

    assert busy == [Answer(reason="busy")] * 2
    assert (asked.told, noted) == ([], [("history", "a: CloudTrail: Rate exceeded")])
    assert source.ask("a", NOW + BUSY) == Answer("alice")


def test_an_answer_of_an_unknown_shape_is_told_and_hides_nothing():
    asked = Asked(KeyError("Status"))

    assert asked.source.ask("hr-data", NOW) == Answer(reason="not understood")
    assert asked.told == [("versioning", "hr-data: KeyError: 'Status'")]


def test_a_batch_asks_about_few_buckets_and_the_next_one_about_the_others():
    asked = Asked()
    names = [f"bucket-{number}" for number in range(MOST_ASKED + 1)]
    first = [asked.source.ask(name, NOW).reason for name in names]

    assert first == [""] * MOST_ASKED + ["too many"]
    assert asked.source.ask(names[-1], NOW + 1) == Answer("enabled")


def test_what_is_known_does_not_count_as_asked():
    asked = Asked()
    for _ in range(MOST_ASKED + 1):
        asked.source.ask("hr-data", NOW)

    assert asked.source.ask("finance-exports", NOW) == Answer("enabled")


@pytest.mark.parametrize("more", [0, 1], ids=["as many as are kept", "one more"])
def test_what_is_known_is_bounded(more: int):
    asked = Asked()
    for number in range(MOST_KEPT + more):
        asked.source.ask(f"bucket-{number}", NOW + number / 100)

    assert len(asked.source._known) == (1 if more else MOST_KEPT)


def test_what_stays_true_is_kept_longer_and_that_there_is_nothing_is_not():
    names, found = list[str](), {"a": "alice"}

    def read(name: str) -> str | None:
        names.append(name)
        return found.get(name)

    source = Source[str]("sessions", read, lambda *_: None, kept=3 * KEPT)
    for now in (NOW, NOW + KEPT, NOW + 2 * KEPT):
        source.ask("a", now)
        source.ask("b", now)

    assert names == ["a", "b", "b", "b"]


def test_a_source_may_be_asked_less_often_in_a_batch():
    source = Source[str]("sessions", lambda name: name, lambda *_: None, most=1)

    assert [source.ask(name, NOW).reason for name in ("a", "b")] == ["", "too many"]
