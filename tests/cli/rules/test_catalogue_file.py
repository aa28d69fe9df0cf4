from __future__ import annotations

from s3watch.detection.catalogue import Catalogue as Lookup
from s3watch.ruleset import Expected, Label, Patterns, Ruleset
from s3watch_cli.rules.catalogue_file import read_catalogue
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.rule_folders import read


def ruleset(text):
    diagnostics = Diagnostics()
    found = read_catalogue(read(text), diagnostics)
    assert diagnostics.mistakes == []
    return found.ruleset()


def expected(*lines, above=""):
    text = f"{above}objects:\n  - name: a\n    match: s3://hr-data/a/*\n    expected:\n"
    return ruleset(text + "".join(f"      - {line}\n" for line in lines)).labels[0].expected


def test_five_lines_are_a_whole_catalogue():
    assert ruleset("- name: payroll\n  match: s3://hr-data/payroll/*\n  severity: high\n") == Ruleset(
        buckets=("hr-data",),
        labels=(Label("payroll", "high"),),
        patterns=(Patterns("hr-data", prefixes=(("payroll/", 0),)),),
    )


def test_patterns_are_parted_by_bucket_and_by_how_they_are_looked_up():
    found = ruleset("""\
- name: first
  match: [s3://b-data/z, s3://b-data/a, "s3://b-data/*.csv", s3://a-data, s3://hr-*/payroll/*]
- name: second
  match: s3://b-data/a/*
""")

    assert found == Ruleset(
        buckets=("a-data", "b-data"),
        labels=(Label("first"), Label("second")),
        patterns=(
            Patterns("a-data", prefixes=(("", 0),)),
            Patterns("b-data", exact=(("a", 0), ("z", 0)), prefixes=(("a/", 1),), globs=(("*.csv", 0),)),
        ),
        wild=(("s3://hr-*/payroll/*", 0),),
    )


def test_the_mapping_form_names_sets_of_principals_and_the_account():
    found = expected(
        "{principal: [set/clerks, role/backup], do: read}",
        above='account: "111122223333"\nsets:\n  clerks: [role/clerk, arn:aws:iam::111122223333:user/eve]\n',
    )

    assert found == (Expected(("role/clerk", "user/eve", "role/backup"), ("read", "list", "inspect")),)


def test_the_account_of_the_buckets_is_known_to_the_rules():
    found = ruleset('account: "111122223333"\nobjects: [{name: payroll, match: s3://hr-data/payroll/*}]\n')

    assert found.account == "111122223333"


def test_accounts_have_the_names_that_people_give_them():
    found = ruleset("""\
accounts: {"444455556666": partner Acme, "012345678901": hr-prod}
objects: [{name: payroll, match: s3://hr-data/payroll/*}]
""")

    assert found.accounts == (("012345678901", "hr-prod"), ("444455556666", "partner Acme"))


def test_an_origin_access_identity_is_expected_by_the_arn_that_access_logs_name():
    identity = "CloudFront Origin Access Identity E2EXAMPLE1ID"
    diagnostics = Diagnostics()
    found = read_catalogue(
        read(f"""\
- name: a
  match: s3://hr-data/a/*
  expected:
    - {{principal: "arn:aws:iam::cloudfront:user/{identity}", do: read}}
"""),
        diagnostics,
    ).ruleset()

    assert (diagnostics.mistakes, diagnostics.warnings) == ([], [])
    assert [each.principals for each in found.labels[0].expected] == [(f"cloudfront:user/{identity}",)]


def test_reading_covers_finding_and_any_covers_everything():
    assert expected(
        "{principal: role/a, do: read}",
        "{principal: role/a, do: [write, delete]}",
        "{principal: role/a, do: [read, list, permission]}",
        "{principal: role/a, do: any}",
        "{principal: role/a, do: [read, any]}",
    ) == (
        Expected(("role/a",), ("read", "list", "inspect")),
        Expected(("role/a",), ("write", "delete")),
        Expected(("role/a",), ("read", "list", "inspect", "permission")),
        Expected(("role/a",)),
        Expected(("role/a",)),
    )


def test_a_private_network_is_refused_as_it_would_expect_nobody():
    diagnostics = Diagnostics()
    expected = "[{principal: root, do: any, network: 10.1.0.0/16}]"
    read_catalogue(read(f"- {{name: a, match: s3://hr-data, expected: {expected}}}\n"), diagnostics)

    assert [mistake.what for mistake in diagnostics.mistakes] == [
        "`10.1.0.0/16` is not a network (private addresses arrive through a VPC endpoint and are not unique)"
    ]


def test_networks_are_endpoints_addresses_or_kinds():
    assert expected(
        '{principal: "*", do: any, network: [vpce-0a1b2c3d, 192.0.2.0/24, 192.0.2.1, "2001:db8::/32", ip]}'
    ) == (
        Expected(("*",), networks=("vpce-0a1b2c3d", "192.0.2.0/24", "192.0.2.1/32", "2001:db8::/32", "ip")),
    )


def test_from_anywhere_is_the_same_as_no_network():
    (said,) = expected("{principal: role/a, do: read, network: anywhere}")
    (unsaid,) = expected("{principal: role/a, do: read}")

    assert said == unsaid


def test_one_entry_twice_over_the_same_object_keeps_both_labels():
    found = ruleset(
        "- {name: a, match: s3://hr-data/x}\n- {name: b, match: [s3://hr-data/x, s3://hr-data]}\n"
    )

    labels = Lookup(found).of_object("hr-data", "x")

    assert [label.name for label in labels] == ["a", "b"]


def test_an_empty_catalogue_is_empty():
    assert ruleset("# nothing yet\n") == Ruleset()


def test_patterns_that_are_tried_one_by_one_are_known_with_their_lines():
    found = read_catalogue(
        read('- name: a\n  match:\n    - s3://hr-data/a/*\n    - "s3://hr-data/*.csv"\n    - s3://hr-*/x\n'),
        Diagnostics(),
    )

    assert found.slow == [("s3://hr-data/*.csv", 4), ("s3://hr-*/x", 5)]


def read_decoy(*lines):
    diagnostics = Diagnostics()
    text = "- name: bait\n  match: s3://hr-data/payroll/passwords.csv\n"
    found = read_catalogue(read(text + "".join(f"  {line}\n" for line in lines)), diagnostics)
    return found.ruleset().labels, [
        (place.line, place.what) for place in (*diagnostics.mistakes, *diagnostics.warnings)
    ]


def test_a_decoy_is_critical_and_expects_nobody():
    assert read_decoy("owner: security@example.com", "decoy: true") == (
        (Label("bait", "critical", "security@example.com", is_decoy=True),),
        [],
    )


def test_what_changes_nothing_about_a_decoy_is_warned_of_by_line():
    expected = "expected: [{principal: role/backup, do: read, network: anywhere}]"

    assert read_decoy("decoy: true", "severity: low", expected) == (
        (Label("bait", "critical", is_decoy=True),),
        [
            (4, "`severity: low` changes nothing: a decoy is critical"),
            (5, "`expected` changes nothing: nobody is expected to touch a decoy"),
        ],
    )


def test_an_entry_is_a_decoy_or_not_and_nothing_else():
    assert [read_decoy(f"decoy: {said}") for said in ("false", "critical", '"true"')] == [
        ((Label("bait"),), []),
        ((Label("bait"),), [(3, "`decoy` is neither true nor false")]),
        ((Label("bait"),), [(3, "`decoy` is neither true nor false")]),
    ]
