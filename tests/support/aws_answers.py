"""Answers of AWS, as documented, for calls that moto does not know or always answers alike."""

from __future__ import annotations

import io
from typing import Any
from xml.sax.saxutils import escape

from botocore.awsrequest import AWSResponse

HEADER = '<?xml version="1.0" encoding="UTF-8"?>'


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.getvalue()


def answer(client: Any, operation: str, *pages: str, status: int = 200) -> list[str]:
    """Answer an operation of this client with these documents from now on, the last one repeatedly.

    Returns the URLs asked.
    """
    asked: list[str] = []
    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}.{operation}"

    def send(request: Any, **_: Any) -> AWSResponse:
        asked.append(request.url)
        page = pages[min(len(asked), len(pages)) - 1]
        return AWSResponse(request.url, status, {}, _Body(f"{HEADER}{page}".encode()))

    client.meta.events.unregister(event, unique_id=operation)
    client.meta.events.register_first(event, send, unique_id=operation)
    return asked


def refuse(client: Any, operation: str, code: str, status: int = 403) -> list[str]:
    """Answer an operation with an error; returns the URLs asked.

    https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
    """
    error = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>"
    if client.meta.service_model.service_name in {"iam", "s3control"}:
        error = f"<ErrorResponse>{error}</ErrorResponse>"
    return answer(client, operation, error, status=status)


def without_access_grants(control: Any) -> Any:
    """Let a client of S3 Control answer as for an account without an S3 Access Grants instance."""
    for operation in ("ListAccessGrants", "GetAccessGrantsInstanceResourcePolicy"):
        refuse(control, operation, "AccessGrantsInstanceNotExistsError", 404)
    return control


def list_access_grants(*grants: tuple[str, str, str], token: str = "") -> str:
    """A page of grants: grantee, permission and scope of each.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_ListAccessGrants.html
    """
    listed = "".join(
        f"<AccessGrant><CreatedAt>2026-11-20T08:14:03Z</CreatedAt><Grantee><GranteeType>IAM</GranteeType>"
        f"<GranteeIdentifier>{grantee}</GranteeIdentifier></Grantee><Permission>{permission}</Permission>"
        f"<GrantScope>{scope}</GrantScope></AccessGrant>"
        for grantee, permission, scope in grants
    )
    following = f"<NextToken>{token}</NextToken>" if token else ""
    return (
        f"<ListAccessGrantsResult>{following}<AccessGrantsList>{listed}</AccessGrantsList>"
        "</ListAccessGrantsResult>"
    )


def access_grants_policy(policy: str) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetAccessGrantsInstanceResourcePolicy.html"""
    return (
        f"<GetAccessGrantsInstanceResourcePolicyResult><Policy>{escape(policy)}</Policy>"
        "</GetAccessGrantsInstanceResourcePolicyResult>"
    )


def multi_region_policy(established: str, proposed: str) -> str:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetMultiRegionAccessPointPolicy.html"""
    return (
        f"<GetMultiRegionAccessPointPolicyResult><Policy>"
        f"<Established><Policy>{escape(established)}</Policy></Established>"
        f"<Proposed><Policy>{escape(proposed)}</Policy></Proposed></Policy></GetMultiRegionAccessPointPolicyResult>"
    )
