from __future__ import annotations

import pytest
from s3watch.posture.grants import describe_grantee


@pytest.mark.parametrize(
    ("grantee", "words"),
    [
        ("*", "everyone"),
        ("444455556666", "account 444455556666"),
        ("o-a1b2c3d4e5", "organization o-a1b2c3d4e5"),
        ("2" * 64, f"canonical user {'2' * 64}"),
        ("AROADBQP57FF2AEXAMPLE", "principal AROADBQP57FF2AEXAMPLE of unknown account"),
        ("192.0.2.0/24", "anyone from 192.0.2.0/24"),
        ("vpce-0a1b2c3d", "anyone from vpce-0a1b2c3d"),
        ("VPC endpoints of account 444455556666", "anyone from VPC endpoints of account 444455556666"),
        ("cloudfront.amazonaws.com", "cloudfront.amazonaws.com on behalf of anyone"),
        ("any AWS service", "any AWS service on behalf of anyone"),
        ("KMS key alias/theirs", "whoever may use KMS key alias/theirs"),
        ("CloudFront Origin Access Identity E2EXAMPLE", "CloudFront Origin Access Identity E2EXAMPLE"),
        ("partner@example.com", "partner@example.com"),
    ],
)
def test_a_grantee_in_words(grantee, words):
    assert describe_grantee(grantee) == words
