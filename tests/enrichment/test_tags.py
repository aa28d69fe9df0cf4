from __future__ import annotations

import pytest
from s3watch.enrichment.tags import LONGEST, choose_tags


@pytest.mark.parametrize(
    ("tags", "chosen"),
    [
        ({"Owner": "hr", "DataClassification": "restricted"}, ("DataClassification=restricted", "Owner=hr")),
        ({"cost-center": "4711", "aws:cloudformation:owner": "x"}, ()),
        ({"Env": "prod", "team": "a", "contact": "b", "pii": "yes"}, ("pii=yes", "contact=b", "team=a")),
        ({"owner": "x" * 256}, (f"owner={'x' * (LONGEST - 6)}",)),
        ({}, ()),
    ],
    ids=["the content first", "what says nothing", "no more than a few", "a long one", "none"],
)
def test_the_tags_that_say_most_are_chosen(tags: dict[str, str], chosen: tuple[str, ...]):
    assert choose_tags(tags) == chosen
