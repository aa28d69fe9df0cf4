from __future__ import annotations

from hypothesis import given
from s3watch.alerts.searches.athena import STATEMENTS, athena
from s3watch.alerts.searches.questions import searches
from s3watch.text import columns

from tests.support.linkifiers import links
from tests.support.query_tables import STACK
from tests.support.sample_alerts import STORIES, make_alert, make_evidence, wild_alerts


def test_a_search_runs_the_saved_one_for_its_time():
    alert = STORIES["first"]

    assert athena(searches(alert)[1], alert) == [
        "EXECUTE who_touched_this USING",
        "  '2026/11/20', '2026/11/21',",
        "  '2026-11-20T07:14:03Z', '2026-11-20T09:14:03Z',",
        "  's3://hr-data/payroll/2026/q3.csv'",
    ]


def test_every_statement_that_a_mail_runs_is_deployed():
    deployed = STACK.of("AWS::Athena::PreparedStatement").values()

    assert {one["StatementName"] for one in deployed} == {*STATEMENTS.values()}


@given(wild_alerts())
def test_every_possible_search_has_short_visible_lines(alert):
    for search in searches(alert):
        lines = athena(search, alert)

        assert max(map(columns, lines)) <= 78
        assert all(line.isprintable() for line in lines)


def test_a_name_that_a_caller_claims_is_no_link_in_a_search():
    evidence = make_evidence(actor="x (https://evil.example)", principal="role/y", actor_verified=True)
    alert = make_alert(evidence=evidence)

    assert [link for each in searches(alert) for line in athena(each, alert) for link in links(line)] == []
