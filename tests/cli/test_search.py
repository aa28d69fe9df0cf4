from __future__ import annotations

import pytest
from s3watch.times import read_time
from s3watch_cli.search import Question, Searcher, question
from typer import BadParameter

from tests.support.access_log_line import make_line
from tests.support.cloudtrail import make_log_file, make_record, make_user

PART = {
    "eventName": "DeleteObject",
    "eventType": "AwsServiceEvent",
    "requestParameters": None,
    "userIdentity": {"invokedBy": "AWS Internal"},
}


def find(question: Question, *records: dict) -> list[str]:
    """The requests that a search finds, each record in a file of its own."""
    searcher = Searcher(question)
    for number, record in enumerate(records):
        searcher.feed(f"{number}.json", [make_log_file(record)])
    assert not searcher.failures
    assert searcher.searched == len(records)
    return [row["request"] for row in searcher.rows()]


def test_a_row_says_who_did_what_and_where_it_is_recorded():
    searcher = Searcher(Question(actor="role/Analyst"))
    searcher.feed("log.json", [make_log_file(make_record())])

    assert list(searcher.rows()) == [
        {
            "time": "2026-11-20T08:14:03Z",
            "event": "GetObject",
            "object": "s3://hr-data/payroll/2026/q3.csv",
            "copied_from": None,
            "outcome": "success",
            "actor": "role/Analyst",
            "principal": "role/Analyst",
            "account": "111122223333",
            "arn": "arn:aws:sts::111122223333:assumed-role/Analyst/alice",
            "ip": "203.0.113.7",
            "user_agent": "[aws-cli/2.31.0 md/awscrt#0.27.6 ua/2.1 os/linux#6.8.0 lang/python#3.13.7]",
            "bytes_out": 28441,
            "request": "K8R4TZ0QX6M2V9WB",
            "event_id": "f2b287f3-0df1-4234-a2f4-c4bdfed47657",
            "place": "log.json, record 1",
        }
    ]


def test_what_is_found_comes_by_time_whatever_the_order_of_the_files():
    late = make_record(eventTime="2026-11-20T09:00:00Z", requestID="LATE")
    early = make_record(eventTime="2026-11-20T07:00:00Z", requestID="EARLY")

    assert find(Question(event="GetObject"), late, early) == ["EARLY", "LATE"]


def test_all_conditions_have_to_hold():
    question = Question(actor="role/Analyst", place="s3://hr-data", event="GetObject")
    others = [
        make_record(userIdentity=make_user()),
        make_record(bucket="website"),
        make_record(eventName="PutObject"),
    ]

    assert find(question, *others, make_record(requestID="THIS")) == ["THIS"]


def test_the_parts_of_a_batch_delete_are_found_by_its_caller_even_if_they_come_first():
    part, call = make_record(requestID="B", key="a", **PART), make_record(requestID="B", eventName="DeleteObjects", key=None)  # fmt: skip # noqa: E501
    others = [make_record(requestID="C", key="a", **PART)]

    assert find(Question(actor="role/Analyst"), part, call, *others) == ["B", "B"]
    assert find(Question(actor="role/Analyst", place="s3://hr-data/a"), part, call, *others) == ["B", "B"]


def test_a_copy_is_found_by_its_source_and_says_both():
    copy = make_record(
        eventName="CopyObject", bucket="elsewhere", key="x", request={"x-amz-copy-source": "hr-data/a%20b"}
    )
    searcher = Searcher(Question(place="s3://hr-data/a b"))
    searcher.feed("log.json", [make_log_file(copy)])

    [row] = searcher.rows()
    assert (row["object"], row["copied_from"]) == ("s3://elsewhere/x", "s3://hr-data/a b")


@pytest.mark.parametrize(
    ("start", "end", "found"),
    [
        ("2026-11-20T08:14:03Z", "2026-11-20T08:14:03Z", ["K8R4TZ0QX6M2V9WB"]),
        ("2026-11-20T08:14:04Z", "2026-11-20T09:00:00Z", []),
        ("2026-11-20", "2026-11-20T08:14:02Z", []),
    ],
    ids=["at its time", "later", "before"],
)
def test_only_the_time_asked_for_is_searched(start: str, end: str, found: list[str]):
    question = Question(event="GetObject", start=read_time(start) or 0, end=read_time(end) or 0)

    assert find(question, make_record()) == found


def test_a_call_is_found_in_any_case():
    assert find(Question(event="getobject"), make_record(requestID="THIS")) == ["THIS"]


@pytest.mark.parametrize(
    ("end", "found"),
    [("2026-11-20", ["FIRST", "LAST"]), ("2026-11-20T00:00:00Z", ["FIRST"])],
    ids=["a date", "a time"],
)
def test_a_date_as_the_latest_time_is_all_of_its_day(end: str, found: list[str]):
    times = {"FIRST": "2026-11-20T00:00:00Z", "LAST": "2026-11-20T23:59:59Z", "NEXT": "2026-11-21T00:00:00Z"}
    records = [make_record(eventTime=time, requestID=request) for request, time in times.items()]

    assert find(question(None, "s3://hr-data", None, "2026-11-20", end), *records) == found


def test_a_latest_time_before_the_earliest_is_refused():
    with pytest.raises(BadParameter, match="2026-11-19 is before 2026-11-20"):
        question(None, "s3://hr-data", None, "2026-11-20", "2026-11-19")


def test_access_logs_are_searched_too():
    searcher = Searcher(Question(place="s3://hr-data/payroll/2026/q3.csv"), account="111122223333")
    searcher.feed("2026-11-20-08-14-03-0123456789ABCDEF", [make_line().encode() + b"\n"])

    assert [row["event"] for row in searcher.rows()] == ["GetObject"]
