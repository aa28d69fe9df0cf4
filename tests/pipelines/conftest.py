"""What deliveries of every kind share."""

from __future__ import annotations

import pytest
from s3watch.ledger.store import Store

from tests.support.deliveries import Account, Outside


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def account(store: Store, outside: Outside) -> Account:
    return Account(store, outside)
