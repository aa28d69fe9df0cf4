from __future__ import annotations

import pytest
from s3watch.posture.grants import describe_grantee

from tests.support.policies import allow, grantees_of


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
        ("s3://backup of account 444455556666", "s3://backup of account 444455556666"),
        ("VPC nobody", "anyone from VPC nobody"),
        ("nobody", "principal nobody"),
        ("account 111122223333 (your own)", 'principal "account 111122223333 (your own)"'),
        ('KMS key "x" (yours)', "principal \"KMS key 'x' (yours)\""),
    ],
)
def test_a_grantee_in_words(grantee, words):
    assert describe_grantee(grantee) == words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("aws:SourceVpc", "anyone from VPC nobody"),
        ("aws:SourceVpce", "anyone from VPC endpoint nobody"),
        ("aws:VpceAccount", "anyone from VPC endpoints of account nobody"),
        ("aws:PrincipalOrgID", "organization nobody"),
        ("aws:PrincipalAccount", "account nobody"),
        ("aws:PrincipalServiceName", "service nobody"),
        ("aws:userid", "user id nobody"),
        ("s3:x-amz-server-side-encryption-aws-kms-key-id", "whoever may use KMS key nobody"),
    ],
)
@pytest.mark.parametrize("name", ["nobody", "nobody (a test)"], ids=["a word", "a remark"])
def test_a_condition_names_its_kind_whatever_its_value_says(key: str, words: str, name: str):
    (grantee,) = grantees_of(allow(condition={"StringEquals": {key: name}}))

    assert describe_grantee(grantee) == words.replace("nobody", f'"{name}"' if " " in name else name)
