import pytest

from local.cloudtrail.calls import Operation, document, failure, keeps_body, keys, operation
from tests.support.local_calls import call

ACCOUNT_BLOCK = "/v20180820/configuration/publicAccessBlock"
POINTS = "/v20180820/accesspoint"


def reads(name, key=None):
    return Operation(name, "b", key, data=True, read_only=True)


def writes(name, key=None):
    return Operation(name, "b", key, data=True)


def looks(name):
    return Operation(name, "b", read_only=True)


def manages(name):
    return Operation(name, "b")


COPY = {"x-amz-copy-source": "b/j"}


@pytest.mark.parametrize(
    ("method", "path", "query", "headers", "named"),
    [
        ("GET", "/", {}, {}, Operation("ListBuckets", read_only=True)),
        ("GET", "/b", {"list-type": "2"}, {}, reads("ListObjects")),
        ("GET", "/b/", {"prefix": "x"}, {}, reads("ListObjects")),
        ("GET", "/b", {"versions": ""}, {}, reads("ListObjectVersions")),
        ("GET", "/b", {"uploads": ""}, {}, looks("ListMultipartUploads")),
        ("HEAD", "/b", {}, {}, reads("HeadBucket")),
        ("PUT", "/b", {}, {}, manages("CreateBucket")),
        ("DELETE", "/b", {}, {}, manages("DeleteBucket")),
        ("POST", "/b", {"delete": ""}, {}, writes("DeleteObjects")),
        ("PUT", "/b", {"policy": ""}, {}, manages("PutBucketPolicy")),
        ("PUT", "/b", {"object-lock": ""}, {}, manages("PutBucketObjectLockConfiguration")),
        ("DELETE", "/b", {"publicAccessBlock": ""}, {}, manages("DeleteBucketPublicAccessBlock")),
        ("GET", "/b", {"lifecycle": ""}, {}, looks("GetBucketLifecycle")),
        ("PUT", ACCOUNT_BLOCK, {}, {}, Operation("PutAccountPublicAccessBlock")),
        ("GET", POINTS, {}, {}, Operation("ListAccessPoints", read_only=True)),
        ("PUT", f"{POINTS}/p", {}, {}, Operation("CreateAccessPoint")),
        ("PUT", f"{POINTS}/p/policy", {}, {}, Operation("PutAccessPointPolicy")),
        ("GET", "/b/a/k.csv", {}, {}, reads("GetObject", "a/k.csv")),
        ("GET", "/b/k", {"tagging": ""}, {}, reads("GetObjectTagging", "k")),
        ("HEAD", "/b/k", {}, {}, reads("HeadObject", "k")),
        ("PUT", "/b/k", {}, {}, writes("PutObject", "k")),
        ("PUT", "/b/k", {}, COPY, writes("CopyObject", "k")),
        ("PUT", "/b/k", {"acl": ""}, {}, writes("PutObjectAcl", "k")),
        ("PUT", "/b/k", {"partNumber": "1"}, {}, writes("UploadPart", "k")),
        ("PUT", "/b/k", {"partNumber": "1"}, COPY, writes("UploadPartCopy", "k")),
        ("POST", "/b/k", {"uploads": ""}, {}, writes("CreateMultipartUpload", "k")),
        ("POST", "/b/k", {"uploadId": "1"}, {}, writes("CompleteMultipartUpload", "k")),
        ("DELETE", "/b/k", {}, {}, writes("DeleteObject", "k")),
        ("DELETE", "/b/k", {"uploadId": "1"}, {}, writes("AbortMultipartUpload", "k")),
        ("POST", "/b", {}, {}, None),
    ],
    ids=lambda value: value.name if isinstance(value, Operation) else None,
)
def test_a_call_has_the_name_cloudtrail_gives_it(method, path, query, headers, named):
    assert operation(call(method=method, path=path, query=query, headers=headers)) == named


def test_a_call_on_cloudtrail_is_named_by_its_target():
    target = {"x-amz-target": "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.StopLogging"}

    assert operation(call(service="cloudtrail", method="POST", headers=target)) == Operation("StopLogging")


@pytest.mark.parametrize(
    ("method", "query", "kept"),
    [
        pytest.param("PUT", {}, False, id="an object"),
        pytest.param("PUT", {"partNumber": "1"}, False, id="a part"),
        pytest.param("PUT", {"acl": ""}, True, id="an ACL"),
        pytest.param("POST", {"delete": ""}, True, id="keys to delete"),
    ],
)
def test_bodies_are_kept_unless_they_are_objects(method, query, kept):
    assert keeps_body(method, query) is kept


def test_a_body_becomes_a_document_with_lists_numbers_and_namespace():
    body = b"""<LifecycleConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <Rule><ID>a</ID><Expiration><Days>1</Days></Expiration><Filter/></Rule>
      <Rule><ID>b</ID><Enabled>true</Enabled></Rule></LifecycleConfiguration>"""

    assert document(body) == {
        "LifecycleConfiguration": {
            "xmlns": "http://s3.amazonaws.com/doc/2006-03-01/",
            "Rule": [{"ID": "a", "Expiration": {"Days": 1}, "Filter": ""}, {"ID": "b", "Enabled": True}],
        }
    }


def test_the_type_of_a_grantee_is_kept():
    body = b"""<Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group">
      <URI>http://acs.amazonaws.com/groups/global/AllUsers</URI></Grantee>"""

    assert document(body) == {
        "Grantee": {"xsi:type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    }


def test_a_body_that_is_no_xml_is_no_document():
    assert document(b"{}") == {}


def test_keys_stay_text():
    body = b"<Delete><Object><Key>007</Key></Object><Object><Key>true</Key></Object></Delete>"

    assert keys(body, "Object") == ["007", "true"]


REFUSED = b"<Error><Code>AccessDenied</Code><Message>No</Message></Error>"
UNKNOWN = b'{"__type": "TrailNotFoundException", "message": "?"}'


@pytest.mark.parametrize(
    ("status", "answer", "told"),
    [
        pytest.param(200, b"", None, id="success"),
        pytest.param(403, REFUSED, ("AccessDenied", "No"), id="xml"),
        pytest.param(403, b"", ("AccessDenied", "Access Denied"), id="a HEAD that is denied"),
        pytest.param(404, b"", ("NoSuchKey", "The specified key does not exist."), id="a HEAD of nothing"),
        pytest.param(400, UNKNOWN, ("TrailNotFoundException", "?"), id="json"),
    ],
)
def test_a_failure_is_told_by_the_answer(status, answer, told):
    assert failure(call(status=status, answer=answer), "k") == told
