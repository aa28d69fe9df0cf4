from __future__ import annotations

from s3watch.aws.readings import MOST_REASONS, Reading
from s3watch.errors import RefusedError, UnavailableError


def raising(error: Exception):
    def read() -> str:
        raise error

    return read


def test_a_part_that_is_read_leaves_no_trace():
    reading = Reading()

    assert reading.attempt("ACL", lambda: "private", "") == "private"
    assert (reading.refused, reading.failed, reading.reasons) == ({}, {}, ())


def test_a_refused_part_and_one_that_may_succeed_next_time_are_kept_apart():
    reading = Reading()
    read = [
        reading.attempt("ACL", raising(RefusedError("AccessDenied")), "unread"),
        reading.attempt("policy", raising(UnavailableError("SlowDown")), "unread"),
        reading.attempt("block", raising(KeyError("Rules")), "unread"),
    ]

    assert read == ["unread"] * 3
    assert (list(reading.refused), list(reading.failed)) == (["ACL", "block"], ["policy"])


def test_the_first_reason_of_a_part_is_kept():
    reading = Reading()
    for code in ("AccessDenied", "AllAccessDisabled"):
        reading.attempt("ACL", raising(RefusedError(code)), None)

    assert reading.reasons == ("ACL: AccessDenied",)


def test_of_many_parts_the_first_reasons_are_told():
    reading = Reading()
    for number in range(60):
        reading.attempt(f"access point {number}", raising(RefusedError("AccessDenied")), None)

    assert len(reading.reasons) == MOST_REASONS


def test_readings_are_added_up():
    one, other = Reading(), Reading()
    one.attempt("ACL", raising(RefusedError("AccessDenied")), None)
    other.attempt("policy", raising(UnavailableError("SlowDown")), None)
    one.add(other)

    assert (list(one.refused), list(one.failed)) == (["ACL"], ["policy"])
