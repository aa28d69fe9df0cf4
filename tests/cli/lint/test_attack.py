from __future__ import annotations

import pytest
from s3watch_cli.lint.attack import Technique, find_unknown, technique_of, techniques


def test_a_technique_has_its_name_and_tactics():
    assert techniques()["T1485.001"] == Technique("Lifecycle-Triggered Deletion", ("impact",))


def test_what_attack_has_withdrawn_is_no_technique():
    assert {"T1064", "T1086", "T1193"}.isdisjoint(
        techniques()
    )  # deprecated or revoked, as attack.mitre.org says


@pytest.mark.parametrize(
    ("tag", "technique"),
    [
        ("attack.t1530", "T1530"),
        ("ATTACK.T1552.005", "T1552.005"),
        ("attack.collection", ""),
        ("attack.g0016", ""),
        ("cve.2021.44228", ""),
    ],
    ids=["a technique", "a sub-technique in capitals", "a tactic", "a group", "another namespace"],
)
def test_a_tag_names_a_technique_by_its_id(tag: str, technique: str):
    assert technique_of(tag) == technique


def test_techniques_that_do_not_exist_are_found_with_the_place_of_their_tags():
    tags = ("attack.collection", "attack.t1530", "attack.t1530.001", "attack.t9999")

    assert find_unknown(tags) == [(2, "T1530.001"), (3, "T9999")]
