from __future__ import annotations

from typing import Any

import pytest
from s3watch.enrichment.caller_tags import CallerTagsEnricher
from s3watch.enrichment.source import Source
from s3watch.errors import RefusedError

from tests.support.enrichment import ACCOUNT
from tests.support.sample_alerts import OTHER, make_evidence
from tests.support.sensitive import NOW

TAGS = ("team=payroll",)
ROLE = {"principal_type": "role", "principal": "role/payroll-app", "caller_account": ACCOUNT}


class Asked:
    """Tags of callers, and which callers were asked for."""

    def __init__(self, answer: Any = TAGS, account: str = ACCOUNT) -> None:
        self.answer, self.names = answer, list[str]()
        self.enrich = CallerTagsEnricher(Source("tags", self.read, lambda *_: None), account)

    def read(self, name: str) -> Any:
        self.names.append(name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("principal", "name"),
    [
        ("role/payroll-app", "role/payroll-app"),
        ("user/bob", "user/bob"),
        (f"{ACCOUNT}:role/etl", "role/etl"),
        ("role/not-sso/AWSReservedSSO_Analyst", "role/AWSReservedSSO_Analyst"),
    ],
    ids=["a role", "a user", "in another account's bucket", "named like one of Identity Center"],
)
def test_a_role_or_user_of_the_account_is_told_with_its_tags(principal: str, name: str):
    asked, facts = Asked(), ROLE | {"principal": principal}

    assert asked.enrich(make_evidence(**facts), NOW) == make_evidence(**facts, caller_tags=TAGS)
    assert asked.names == [name]


@pytest.mark.parametrize(
    "facts",
    [
        ROLE | {"principal": f"{OTHER}:role/payroll-app", "caller_account": OTHER},
        ROLE | {"principal": "role/payroll-app", "caller_account": OTHER},
        {"principal": "root", "caller_account": ACCOUNT},
        {"principal": "federated/x", "caller_account": ACCOUNT},
        {"principal": "anonymous", "caller_account": ""},
        ROLE | {"principal": "role/AWSReservedSSO_Analyst_0123456789abcdef"},
        ROLE | {"principal": "role/AWSServiceRoleForConfig"},
    ],
    ids=[
        "another account", "in a bucket of that account", "root", "federated", "anonymous", "Identity Center",
        "a service's role",
    ],
)  # fmt: skip
def test_nobody_else_is_asked_about(facts: dict[str, Any]):
    asked, evidence = Asked(), make_evidence(**facts)

    assert (asked.enrich(evidence, NOW), asked.names) == (evidence, [])


def test_without_its_own_account_it_asks_about_nobody():
    asked, evidence = Asked(account=""), make_evidence(principal="user/bob", caller_account="")

    assert (asked.enrich(evidence, NOW), asked.names) == (evidence, [])


@pytest.mark.parametrize("answer", [(), RefusedError("IAM: AccessDenied")], ids=["none", "refused"])
def test_what_is_not_there_or_not_known_leaves_the_evidence_as_it_is(answer: Any):
    evidence = make_evidence(**ROLE)

    assert Asked(answer).enrich(evidence, NOW) is evidence
