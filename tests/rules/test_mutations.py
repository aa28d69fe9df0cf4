"""Each condition of each shipped detection decides some case of its own in rules/tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from s3watch.ruleset import Detection
from s3watch_cli.rule_tests.runner import Case, read_tests, run_case
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.rules.test_starter_pack import PACK, compile_pack
from tests.support.project import RULES
from tests.support.redundant_conditions import is_redundant
from tests.support.rule_mutations import Mutant, mutate

NARROWS = "the others are true of such events alone; this one narrows what they are asked of"
OF_S3 = "directory buckets, Outposts and Object Lambda have no such events"
OWN = "a part is of one of these services; of two that have an event of the same name each is listed"
MODE = "S3 takes no date without a mode; whether an event hold needs one, its API reference does not say"
DELETED = "of S3's own events only those of deletes are received, which were done"
EQUIVALENT = {  # by detection, what changes no outcome, for a reason that is_redundant can not see
    "batch-delete-in-sensitive-bucket": {"all: 1, s3.operation eq delete, dropped": NARROWS},
    "block-public-access-weakened": {
        "0: 0, eventSource eq s3.amazonaws.com, dropped": OF_S3,
        "1: 0, eventSource eq s3.amazonaws.com, dropped": OF_S3,
    },
    "data-sent-to-foreign-account": {
        "2.0: 0, eventName eq CreateBucketMetadataTableConfiguration .., dropped": NARROWS,
    },
    "denied-change-of-protection": {"1.4: 0, eventSource eq s3.amazonaws.com, dropped": OF_S3},
    "listing-by-access-key": {
        "all: 1, s3.scope eq prefix, dropped": "no listing of today is of a bucket; one of the future may be",
    },
    "own-part-disabled": {
        "2.0: 0, eventSource eq events.amazonaws.com .., dropped": OWN,
        "2.1: 0, eventSource eq lambda.amazonaws.com .., dropped": OWN,
        "2.2: 0, eventSource eq sns.amazonaws.com .., dropped": OWN,
    },
    "own-stack-updated": {
        "2.2: 1, eventName eq PutRetentionPolicy, dropped": "no other request to CloudWatch Logs has days",
        "2.2.2: requestParameters.retentionInDays lt 14 now 13": "logs are kept for 7 or 14 days, not for 13",
    },
    "principal-by-unique-id": {
        "all: 1, s3.operation eq configuration .., dropped": NARROWS,
        "1: s3.operation eq configuration .. without configuration": "no such request has a policy yet",
    },
    "retention-of-ten-years": {
        "2.1: 0, eventName eq PutObjectRetention, dropped": MODE,
        "2.2: 2, requestParameters.x-amz-object-lock-mode exists true, dropped": MODE,
    },
    "shared-with-foreign-account": {
        "all: 1, s3.operation eq configuration .., dropped": NARROWS,
        "3.1: 0, eventName eq CreateAccessGrant .., dropped": NARROWS,
    },
    "unexpected-listing": {
        "all: 1, s3.scope eq prefix, dropped": "no listing of today is of a bucket; one of the future may be",
    },
    "unattributed-delete": {
        "all: 1, s3.operation eq delete, dropped": DELETED,
        "all: 2, s3.outcome eq success, dropped": DELETED,
    },
}


def find(name: str) -> tuple[Detection, list[Case]]:
    """Return a detection with its cases."""
    rule = next(rule for rule in compile_pack()[0].detections if rule.rule == name)
    ((_, cases),) = read_tests(RULES, [rule], Diagnostics())
    return rule, cases


def survive(rule: Detection, cases: list[Case]) -> Iterator[Mutant]:
    """Yield the mutants of a detection that pass all cases."""
    rules = compile_pack()[0].detections
    for mutant in mutate(rule):
        if all(run_case(rules, mutant.rule, case).passed for case in cases):
            yield mutant


@pytest.mark.parametrize("name", PACK, ids=str)
def test_a_case_fails_if_a_condition_is_dropped_or_inverted(name: str):
    survivors = [each.what for each in survive(*find(name)) if not is_redundant(each)]

    assert survivors == list(EQUIVALENT.get(name, ()))


def test_a_condition_that_no_case_needs_is_found():
    rule, cases = find("bucket-deleted")
    others = [case for case in cases if case.events[0]["requestParameters"]["bucketName"] != "scratch"]

    assert [each.what for each in survive(rule, others)] == ["all: 1, s3.bucket_labels exists true, dropped"]
