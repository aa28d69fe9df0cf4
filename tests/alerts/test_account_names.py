from __future__ import annotations

import pytest
from hypothesis import given
from s3watch.alerts.account_names import in_words, numbered
from s3watch.text import is_visible

from tests.support.sample_alerts import OTHER, OWNER, TEXTS, make_evidence

EVIDENCE = make_evidence(account_names=((OWNER, "hr-prod"), (OTHER, "partner Acme")))


@pytest.mark.parametrize(
    ("account", "shown"),
    [(OTHER, "444455556666 (partner Acme)"), ("777788889999", "777788889999"), ("", "")],
    ids=["named", "not named", "not known"],
)
def test_a_number_has_its_name_behind_it(account: str, shown: str):
    assert numbered(account, EVIDENCE) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"account {OTHER} may read", f"account {OTHER} (partner Acme) may read"),
        (f"KMS key arn:aws:kms:eu-west-1:{OTHER}:key/1", f"KMS key arn:aws:kms:eu-west-1:{OTHER}:key/1"),
        (f'principal "account {OTHER}" may', f'principal "account {OTHER}" may'),
    ],
    ids=["our words", "an ARN", "somebody else's words"],
)
def test_words_of_ours_have_the_names_of_accounts(text: str, shown: str):
    assert in_words(text, EVIDENCE) == shown


@given(TEXTS)
def test_a_name_is_one_visible_line(name: str):
    assert all(map(is_visible, numbered(OTHER, make_evidence(account_names=((OTHER, name),)))))
