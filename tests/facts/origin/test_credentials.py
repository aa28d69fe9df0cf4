from __future__ import annotations

from typing import Any

import pytest
from msgspec import Raw
from s3watch.facts.origin.credentials import read_credentials

from tests.support.cloudtrail import as_bytes, make_role, make_user


@pytest.mark.parametrize(
    ("identity", "start"),
    [
        (make_role(), 1795158000.0),
        (make_user(), None),
        (make_role() | {"sessionContext": {"attributes": {"creationDate": "yesterday"}}}, None),
        (make_role() | {"sessionContext": [{"attributes": 1}]}, None),
        (None, None),
    ],
    ids=["a session", "a permanent key", "no time", "another shape", "nobody"],
)
def test_a_session_begins_when_its_credentials_were_made(identity: Any, start: float | None):
    assert read_credentials(Raw(as_bytes(identity))).began == start
