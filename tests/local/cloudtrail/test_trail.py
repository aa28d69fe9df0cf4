import pytest

from local.cloudtrail import trail

READ = {
    "eventCategory": "Data",
    "eventName": "GetObject",
    "eventSource": "s3.amazonaws.com",
    "eventType": "AwsApiCall",
    "managementEvent": False,
    "readOnly": True,
    "userIdentity": {"arn": "arn:aws:sts::111122223333:assumed-role/scanner/nightly"},
    "resources": [
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::hr-data/payroll/q3.csv"},
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::hr-data", "accountId": "111122223333"},
    ],
}
LISTING = READ | {
    "eventName": "ListObjects",
    "resources": [{"type": "AWS::S3::Object", "ARNPrefix": "arn:aws:s3:::hr-data/pay"}, READ["resources"][1]],
}
POLICY = READ | {
    "eventCategory": "Management",
    "eventName": "PutBucketPolicy",
    "managementEvent": True,
    "readOnly": False,
    "resources": READ["resources"][1:],
}
DATA = (
    {"Field": "eventCategory", "Equals": ["Data"]},
    {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
)
HR, OTHER = "arn:aws:s3:::hr-data/", "arn:aws:s3:::other/"
SCANNER = "arn:aws:sts::111122223333:assumed-role/scanner"


MANAGEMENT = {"Field": "eventCategory", "Equals": ["Management"]}
ANONYMOUS = READ | {"userIdentity": {"accountId": "anonymous"}}


def advanced(*fields):
    return [{"FieldSelectors": list(fields)}]


def data(field=None, **operators):
    """An advanced selector of data events, further narrowed by one field."""
    return advanced(*DATA, *([{"Field": field, **operators}] if field else []))


def arn(**operators):
    return data("resources.ARN", **operators)


@pytest.mark.parametrize(
    ("selectors", "record", "logged"),
    [
        pytest.param(data(), READ, True, id="every object"),
        pytest.param(arn(StartsWith=[OTHER, HR]), READ, True, id="one of two buckets"),
        pytest.param(arn(StartsWith=[OTHER, HR]), LISTING, True, id="a listing by its prefix"),
        pytest.param(arn(StartsWith=[HR]), POLICY, False, id="a management event is no data event"),
        pytest.param(arn(StartsWith=["arn:aws:s3:::hr/"]), READ, False, id="a name that begins alike"),
        pytest.param(arn(StartsWith=[HR], NotEndsWith=[".csv"]), READ, False, id="selected and deselected"),
        pytest.param(arn(NotStartsWith=[OTHER, "arn:aws:s3:::b/"]), READ, True, id="deselecting others only"),
        pytest.param(arn(NotStartsWith=[OTHER, HR]), READ, False, id="one deselection is enough"),
        pytest.param(data("readOnly", Equals=["true"]), READ, True, id="reads"),
        pytest.param(data("readOnly", Equals=["false"]), READ, False, id="writes"),
        pytest.param(data("eventName", Equals=["PutObject", "GetObject"]), READ, True, id="by name"),
        pytest.param(data("userIdentity.arn", NotStartsWith=[SCANNER]), READ, False, id="an excluded caller"),
        pytest.param(
            data("userIdentity.arn", NotStartsWith=[SCANNER]), ANONYMOUS, True, id="deselected but absent"
        ),
        pytest.param(
            data("userIdentity.arn", StartsWith=[SCANNER]), ANONYMOUS, False, id="selected but absent"
        ),
        pytest.param(data() + advanced(MANAGEMENT), POLICY, True, id="either of two selectors"),
        pytest.param([{"ReadWriteType": "All"}], POLICY, True, id="basic: management by default"),
        pytest.param([{"IncludeManagementEvents": False}], POLICY, False, id="basic: no management"),
        pytest.param([{"ReadWriteType": "ReadOnly"}], POLICY, False, id="basic: reads only"),
        pytest.param([{"ReadWriteType": "WriteOnly"}], POLICY, True, id="basic: writes only"),
        pytest.param([{"ReadWriteType": "All"}], READ, False, id="basic: no data by default"),
        pytest.param(
            [{"DataResources": [{"Type": "AWS::S3::Object", "Values": [f"{HR}pay"]}]}],
            READ,
            True,
            id="basic: a prefix",
        ),
        pytest.param([], READ, False, id="no selectors"),
    ],
)
def test_a_trail_logs_what_its_selectors_say(selectors, record, logged):
    assert trail.logs(selectors, record) is logged
