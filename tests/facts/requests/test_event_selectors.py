from __future__ import annotations

import pytest
from s3watch.facts.requests.event_selectors import (
    DIRECTORY_OBJECTS,
    OBJECTS,
    records_all,
    records_changes,
    records_some,
)

from tests.support.cloudformation import deploy

HR = "arn:aws:s3:::hr-data/"


def basic(*values, kind=OBJECTS, **members):
    return {"DataResources": [{"Type": kind, "Values": list(values)}], **members}


def advanced(*fields, kind=OBJECTS):
    """An advanced selector of data events: a field's name, then its operators."""
    every = [("eventCategory", {"Equals": ["Data"]}), ("resources.type", {"Equals": [kind]}), *fields]
    return {"FieldSelectors": [{"Field": name, **operators} for name, operators in every]}


READS, WRITES = ("readOnly", {"Equals": ["true"]}), ("readOnly", {"Equals": ["false"]})
MANAGEMENT = {"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}


def arns(**operators):
    return ("resources.ARN", operators)


@pytest.mark.parametrize(
    "selectors",
    [
        {"EventSelectors": [basic(HR)]},
        {"EventSelectors": [basic("arn:aws:s3")]},
        {"EventSelectors": [basic(HR, ReadWriteType="ReadOnly"), basic(HR, ReadWriteType="WriteOnly")]},
        {"AdvancedEventSelectors": [MANAGEMENT, advanced()]},
        {"AdvancedEventSelectors": [advanced(arns(StartsWith=["arn:aws:s3:::x/", HR]))]},
        {"AdvancedEventSelectors": [advanced(arns(StartsWith=[HR]), READS), advanced(WRITES)]},
        {"AdvancedEventSelectors": [advanced(arns(NotStartsWith=["arn:aws:s3:::trail-logs/"]))]},
    ],
    ids=[
        "basic",
        "all buckets, basic",
        "in two",
        "all buckets",
        "by its ARN",
        "reads and writes apart",
        "all but one",
    ],
)
def test_a_whole_bucket_is_recorded(selectors):
    assert records_all(selectors, OBJECTS, HR)


@pytest.mark.parametrize(
    "selectors",
    [
        {},
        {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}]},
        {"EventSelectors": [basic("arn:aws:s3:::hr-data/payroll/")]},
        {"EventSelectors": [basic("arn:aws:s3:::hr-data-2/")]},
        {"EventSelectors": [basic(HR, ReadWriteType="WriteOnly")]},
        {"EventSelectors": [basic("arn:aws:lambda", kind="AWS::Lambda::Function")]},
        {"AdvancedEventSelectors": [MANAGEMENT]},
        {"AdvancedEventSelectors": [advanced(arns(StartsWith=[HR + "payroll/"]))]},
        {"AdvancedEventSelectors": [advanced(arns(Equals=[HR]))]},
        {"AdvancedEventSelectors": [advanced(arns(NotStartsWith=[HR + "tmp/"]))]},
        {"AdvancedEventSelectors": [advanced(arns(NotStartsWith=["arn:aws:s3:::hr-"]))]},
        {"AdvancedEventSelectors": [advanced(WRITES)]},
        {"AdvancedEventSelectors": [advanced(("eventName", {"Equals": ["GetObject"]}))]},
        {"AdvancedEventSelectors": [advanced(kind=DIRECTORY_OBJECTS)]},
    ],
    ids=["nothing", "management events, basic", "a prefix, basic", "another bucket", "writes, basic",
         "functions", "management events", "a prefix", "an object", "all but a prefix", "all but some",
         "writes", "one call", "directory buckets"],
)  # fmt: skip
def test_a_bucket_that_is_recorded_in_part_or_not_at_all_is_not(selectors):
    assert not records_all(selectors, OBJECTS, HR)


def test_the_trail_that_we_make_records_what_is_watched():
    stack = deploy("template.yaml", WatchedBuckets="hr-data,finance-exports")
    selectors = {"AdvancedEventSelectors": stack["Trail/Trail"]["AdvancedEventSelectors"]}

    recorded = [records_all(selectors, OBJECTS, f"arn:aws:s3:::{bucket}/") for bucket in ("hr-data", "other")]

    assert recorded == [True, False]


@pytest.mark.parametrize(
    ("selectors", "some"),
    [
        ({"EventSelectors": [{"DataResources": [{"Type": OBJECTS, "Values": ["arn:aws:s3"]}]}]}, True),
        ({"EventSelectors": [{"DataResources": [{"Type": OBJECTS, "Values": ["arn:aws:s3:::a/b/"]}]}]}, True),
        ({"EventSelectors": [{"DataResources": [{"Type": OBJECTS, "Values": ["arn:aws:s3:::b/"]}]}]}, False),
        (
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [{"Field": "resources.type", "Equals": [OBJECTS]}]}
                ]
            },
            True,
        ),
        ({}, False),
    ],
    ids=["all buckets", "a prefix in it", "another", "whatever the ARN", "none"],
)
def test_something_of_a_bucket_is_recorded_if_any_selector_names_a_part_of_it(selectors, some):
    assert records_some(selectors, OBJECTS, "arn:aws:s3:::a/") is some


def management(*fields):
    every = [("eventCategory", {"Equals": ["Management"]}), *fields]
    return {"FieldSelectors": [{"Field": name, **operators} for name, operators in every]}


def sources(**operators):
    return ("eventSource", operators)


@pytest.mark.parametrize(
    "selectors",
    [
        {"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]},
        {"EventSelectors": [basic(HR, ReadWriteType="WriteOnly")]},
        {"AdvancedEventSelectors": [advanced(), MANAGEMENT]},
        {"AdvancedEventSelectors": [management(WRITES)]},
        {"AdvancedEventSelectors": [management(sources(NotEquals=["kms.amazonaws.com"]))]},
    ],
    ids=["basic", "basic, not said", "advanced", "writes", "all but those of KMS"],
)
def test_changes_of_buckets_and_trails_are_recorded(selectors):
    assert records_changes(selectors)


@pytest.mark.parametrize(
    "selectors",
    [
        {},
        {"EventSelectors": [{"ReadWriteType": "ReadOnly"}]},
        {"EventSelectors": [{"IncludeManagementEvents": False}]},
        {"AdvancedEventSelectors": [advanced()]},
        {"AdvancedEventSelectors": [management(READS)]},
        {"AdvancedEventSelectors": [management(sources(NotEquals=["s3.amazonaws.com"]))]},
        {"AdvancedEventSelectors": [management(sources(NotEquals=["x"], NotStartsWith=["s3"]))]},
        {"AdvancedEventSelectors": [management(sources(Equals=["kms.amazonaws.com"]))]},
    ],
    ids=["nothing", "reads, basic", "data alone, basic", "data alone", "reads", "all but those of S3",
         "all but some", "those of KMS"],
)  # fmt: skip
def test_changes_are_not_all_recorded_by_other_selectors(selectors):
    assert not records_changes(selectors)
