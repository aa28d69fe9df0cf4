from __future__ import annotations

import pytest
from s3watch.console_links import link


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("eu-west-1", "https://eu-west-1.console.aws.amazon.com/x/home?region=eu-west-1#/f?id=a%2Fb"),
        ("cn-north-1", "https://cn-north-1.console.amazonaws.cn/x/home?region=cn-north-1#/f?id=a%2Fb"),
        (
            "us-gov-west-1",
            "https://us-gov-west-1.console.amazonaws-us-gov.com/x/home?region=us-gov-west-1#/f?id=a%2Fb",
        ),
    ],
    ids=["commercial", "China", "GovCloud"],
)
def test_a_link_leads_to_the_console_of_its_partition(region, address):
    assert link(region, "x/home#/f?id={}", "a/b") == address


@pytest.mark.parametrize(
    "region", ["", "evil.example/", "eu-west-1.evil.example"], ids=["none", "a path", "a host"]
)
def test_an_invalid_region_gives_no_link(region):
    assert link(region, "x/home") == ""


def test_the_identity_may_be_part_of_the_path():
    assert (
        link("eu-west-1", "s3/buckets/{}", "hr-data")
        == "https://eu-west-1.console.aws.amazon.com/s3/buckets/hr-data?region=eu-west-1"
    )
