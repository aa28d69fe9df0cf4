from __future__ import annotations

import botocore
import pytest
from s3watch_cli.rules.regions import REGION, doubt

NEWER = f"unless it is newer than botocore {botocore.__version__}"


@pytest.mark.parametrize(
    "region", ["eu-west-1", "ap-southeast-2", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1"], ids=str
)
def test_regions_of_every_partition_are_known(region):
    assert (bool(REGION.fullmatch(region)), doubt(region)) == (True, ("", ""))


@pytest.mark.parametrize(
    ("region", "instead"),
    [
        ("eu-wset-1", f"write `eu-west-1`, {NEWER}"),
        ("us-esat-1", f"write `us-east-1`, {NEWER}"),
        ("xx-nowhere-9", f"look its name up, {NEWER}"),
    ],
    ids=["misspelled", "misspelled elsewhere", "unlike any"],
)
def test_a_region_that_is_not_known_may_be_newer(region, instead):
    assert doubt(region) == (f"`{region}` is not a Region that is known here", instead)
