"""S3 Access Grants, which ministack lacks: every account here is one without an Access Grants instance.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#AccessGrantsErrorCodeList
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app
from ministack.core.responses import get_account_id, get_region
from ministack.services import s3

ROOT = "/v20180820/accessgrantsinstance"
_ACTIONS = {
    f"{ROOT}/grants": "ListAccessGrants",
    f"{ROOT}/resourcepolicy": "GetAccessGrantsInstanceResourcePolicy",
}


def controlling(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Wrap S3 Control to answer that there is no instance, to whoever may ask."""

    async def handled(
        path: str, method: str, body: bytes, query: Mapping[str, Any], request_id: str, headers: Any = None
    ) -> Any:
        if not path.startswith(ROOT):
            return await handle(path, method, body, query, request_id, headers)
        action = f"s3:{_ACTIONS.get(path, 'GetAccessGrantsInstance')}"
        instance = f"arn:aws:s3:{get_region()}:{get_account_id()}:access-grants/default"
        denied = app._enforce_data_plane("s3", action, headers, query, request_id, resource_arn=instance)
        missing = s3.s3control_error(
            "AccessGrantsInstanceNotExistsError", "Access Grants Instance does not exist", 404
        )
        status, told, said = denied or s3.s3control_account_error(headers) or missing
        return status, {**told, "x-amzn-requestid": request_id}, said

    return handled


def install() -> None:
    """Install the wrapper."""
    app._handle_s3_control_request = controlling(app._handle_s3_control_request)
