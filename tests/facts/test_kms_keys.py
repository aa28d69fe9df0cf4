from __future__ import annotations

import pytest
from s3watch.facts.access import Access
from s3watch.facts.kms_keys import find_key_owners
from s3watch.sources.cloudtrail import decode

from tests.support.cloudtrail import OTHER, OWNER, as_bytes, make_record

KEY = "x-amz-server-side-encryption-aws-kms-key-id"
OWN, FOREIGN = (f"arn:aws:kms:eu-west-1:{account}:key/1234abcd" for account in (OWNER, OTHER))


def configuration(*keys):
    rules = [{"ApplyServerSideEncryptionByDefault": {"KMSMasterKeyID": key}} for key in keys]
    return {"ServerSideEncryptionConfiguration": {"Rule": rules}}


@pytest.mark.parametrize(
    ("request_", "response", "owners"),
    [
        ({KEY: FOREIGN}, None, [OTHER]),
        ({KEY: "alias/payroll"}, {KEY: OWN}, [OWNER]),
        ({KEY.title(): [FOREIGN]}, {KEY: OWN}, [OTHER, OWNER]),
        ({KEY: f"arn:aws:kms:eu-west-1:{OTHER}:alias/{OWNER}"}, None, [OTHER]),
        ({"ObjectEncryption": {"SSE-KMS": {"KMSKeyArn": FOREIGN}}}, None, [OTHER]),
        (configuration(OWN, FOREIGN), None, [OTHER, OWNER]),
        ({KEY: "1234abcd", "bucketPolicy": FOREIGN}, None, []),
        ({KEY: f"arn:aws:s3:eu-west-1:{OTHER}:accesspoint/x"}, None, []),
        ("text", [7], []),
    ],
    ids=["asked for", "answered", "other case", "alias", "in place", "default", "none", "no key", "odd"],
)
def test_the_accounts_of_kms_keys_are_found(request_, response, owners):
    assert list(find_key_owners(request_, response)) == owners


@pytest.mark.parametrize(
    ("keys", "accounts"), [((OWN,), ()), ((OWN, FOREIGN), (OTHER,))], ids=["own", "own and foreign"]
)
def test_the_fact_leaves_out_the_buckets_account(keys, accounts):
    raw = as_bytes(make_record(eventName="PutBucketEncryption", key=None, request=configuration(*keys)))

    assert Access(decode(raw), raw).field("s3.kms_accounts") == accounts
