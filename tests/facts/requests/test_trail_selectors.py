from __future__ import annotations

import pytest
from s3watch.detection.catalogue import Catalogue
from s3watch.facts.access import Access
from s3watch.facts.requests.trail_selectors import find_unrecorded, leaves_out_changes
from s3watch.ruleset import Ruleset
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_record

WATCHED = ("finance-exports", "hr-data")
ALL_OBJECTS = [
    {"field": "eventCategory", "equals": ["Data"]},
    {"field": "resources.type", "equals": ["AWS::S3::Object"]},
]
MANAGEMENT = {"fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]}
EMPTY = {"startsWith": [], "endsWith": None, "notEquals": [], "notStartsWith": [], "notEndsWith": None}


def basic(*values, **members):
    return {"eventSelectors": [{"dataResources": [{"type": "AWS::S3::Object", "values": values}], **members}]}


def advanced(*fields):
    data = {"name": "data", "fieldSelectors": [*ALL_OBJECTS, *fields]}
    return {"advancedEventSelectors": [MANAGEMENT, data]}


def arns(**operators):
    return {"field": "resources.ARN", **operators}


@pytest.mark.parametrize(
    ("request_", "unrecorded"),
    [
        (basic("arn:aws:s3"), ()),
        (basic("arn:aws:s3:::hr-data/"), ("finance-exports",)),
        (basic(), WATCHED),
        (basic("arn:aws:s3", readWriteType="WriteOnly"), WATCHED),
        (advanced(), ()),
        (advanced(arns(startsWith=["arn:aws:s3:::hr-data/"])), ("finance-exports",)),
        (advanced(arns(notStartsWith=["arn:aws:s3:::hr-data/"])), ("hr-data",)),
        (advanced(arns(**EMPTY)), ()),
        (advanced({"field": "readOnly", "equals": ["false"]}), WATCHED),
        ({"advancedEventSelectors": [MANAGEMENT], "eventSelectors": None}, WATCHED),
    ],
    ids=["all, basic", "one, basic", "none, basic", "writes", "all", "one", "all but one",
         "operators without values", "writes, advanced", "management events"],
)  # fmt: skip
def test_the_watched_buckets_that_are_not_wholly_recorded_are_named(request_, unrecorded):
    assert find_unrecorded(request_, WATCHED, "eu-west-1") == unrecorded


@pytest.mark.parametrize(
    "request_",
    [None, "x", {}, {"eventSelectors": [7]}, advanced(arns(startsWith="arn:aws:s3:::hr-data/")),
     {"advancedEventSelectors": [{"fieldSelectors": [{"equals": ["Data"]}]}]}],
    ids=["nothing", "text", "no selectors", "a number", "a text for a list", "no field"],
)  # fmt: skip
def test_selectors_that_are_not_of_the_known_form_record_nothing(request_):
    assert (find_unrecorded(request_, WATCHED, ""), leaves_out_changes(request_)) == (WATCHED, True)


@pytest.mark.parametrize(
    ("region", "partition"),
    [
        ("eu-west-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("eusc-de-east-1", "aws-eusc"),
    ],
    ids=["commercial", "China", "GovCloud", "sovereign"],
)
def test_buckets_have_the_partition_of_the_region(region, partition):
    assert find_unrecorded(basic(f"arn:{partition}:s3:::hr-data/"), ["hr-data"], region) == ()


def test_a_directory_bucket_is_not_judged():
    assert find_unrecorded(advanced(), ["data--euw1-az1--x-s3"], "eu-west-1") == ()


@pytest.mark.parametrize(
    ("request_", "leaves_out"),
    [
        ({"eventSelectors": [{"readWriteType": "WriteOnly", "includeManagementEvents": True}]}, False),
        ({"eventSelectors": [{"readWriteType": "ReadOnly", "includeManagementEvents": True}]}, True),
        ({"eventSelectors": [{"readWriteType": "All", "includeManagementEvents": False}]}, True),
        ({"advancedEventSelectors": [MANAGEMENT]}, False),
        ({"advancedEventSelectors": [{"fieldSelectors": ALL_OBJECTS}]}, True),
    ],
    ids=["writes", "reads", "without", "advanced", "data alone"],
)
def test_management_events_that_change_something_are_recorded_or_left_out(request_, leaves_out):
    assert leaves_out_changes(request_) is leaves_out


def put(request, watched=WATCHED, event="PutEventSelectors", trail=("", "")):
    """Return the facts of a change of a trail, as the catalogue of a deployment knows them."""
    given = {"eventSource": "cloudtrail.amazonaws.com", "requestParameters": request, "resources": []}
    raw = as_bytes(make_record(eventName=event, **given))
    access = Access(decode(raw), raw)
    Catalogue(Ruleset(buckets=("elsewhere", *WATCHED), watched=watched, trail=trail)).label(access)
    return access.field("s3.unrecorded_buckets"), access.field("s3.unrecorded_changes")


def test_the_facts_are_about_the_buckets_that_the_deployment_watches():
    assert put(basic("arn:aws:s3:::hr-data/")) == (("finance-exports",), False)


def test_where_no_deployment_says_what_it_watches_the_catalogue_does():
    assert put(basic("arn:aws:s3:::hr-data/"), watched=()) == (("elsewhere", "finance-exports"), False)


def test_no_other_call_has_the_facts():
    assert put(basic("arn:aws:s3:::hr-data/"), event="UpdateTrail") == ((), None)


@pytest.mark.parametrize("named", ["main", "arn:aws:cloudtrail:eu-west-1:111122223333:trail/Main", None, 7])
def test_buckets_are_named_for_the_trail_that_records_them(named):
    assert put(basic() | {"trailName": named}, trail=(OWNER, "main")) == (WATCHED, False)


@pytest.mark.parametrize(
    "trail", [(OTHER, "main"), (OWNER, ""), ("", "main")], ids=["account", "name", "neither"]
)
def test_buckets_are_named_for_any_trail_where_it_is_not_known_which_one_records_them(trail):
    assert put(basic() | {"trailName": "audit"}, trail=trail) == (WATCHED, False)


def test_another_trail_of_the_account_leaves_no_bucket_unrecorded_but_perhaps_changes():
    request = {"trailName": "audit", "advancedEventSelectors": [{"fieldSelectors": ALL_OBJECTS}]}

    assert put(request, trail=(OWNER, "main")) == ((), True)
