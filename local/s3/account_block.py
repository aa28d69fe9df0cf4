"""S3's public access block of an account, which applies to each of its buckets.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/configuring-block-public-access-account.html
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from xml.etree import ElementTree as ET

from ministack import app
from ministack.core.responses import AccountScopedDict
from ministack.services import s3

Answer = tuple[int, dict[str, str], bytes]
Handle = Callable[..., Awaitable[Any]]

PATH = "/v20180820/configuration/publicAccessBlock"
_ACTIONS = {"GET": "GetAccountPublicAccessBlock", "PUT": "PutAccountPublicAccessBlock"}
_blocks: Any = AccountScopedDict()


def answer(method: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Get, put or delete the block of the account in the headers, which must be the caller's."""
    if refused := s3.s3control_account_error(headers):
        return refused  # type: ignore[no-any-return]  # ministack is not typed
    if method == "PUT":
        _blocks["block"] = body
        return 201, {}, b""
    if method == "DELETE":
        _blocks.pop("block", None)
        return 204, {}, b""
    if "block" not in _blocks:
        missing = "The public access block configuration was not found"
        return s3.s3control_error("NoSuchPublicAccessBlockConfiguration", missing, 404)  # type: ignore[no-any-return]
    return 200, {"Content-Type": "application/xml"}, _blocks["block"]


def blocks(account: str, setting: str) -> bool:
    """Tell whether an account's block has a setting on."""
    kept = _blocks.get_scoped(account, None, "block")
    return bool(kept) and ET.fromstring(kept).findtext(f"{{*}}{setting}") == "true"  # noqa: S314 - our own callers' XML


def controlling(handle: Handle) -> Handle:
    """Wrap S3 Control to answer the calls on the account's block."""

    async def handled(
        path: str, method: str, body: bytes, query: Mapping[str, Any], request_id: str, headers: Any = None
    ) -> Any:
        if path.rstrip("/") != PATH:
            return await handle(path, method, body, query, request_id, headers)
        action = f"s3:{_ACTIONS.get(method, 'PutAccountPublicAccessBlock')}"
        denied = app._enforce_data_plane("s3", action, headers, query, request_id)
        status, told, said = denied or answer(method, headers, body)
        return status, {**told, "x-amzn-requestid": request_id}, said

    return handled


def both(blocked: Callable[[str, str, str], bool]) -> Callable[[str, str, str], bool]:
    """Wrap the check of a bucket's block: the stricter of bucket and account applies, per setting."""

    def either(account: str, bucket: str, setting: str) -> bool:
        return blocked(account, bucket, setting) or blocks(account, setting)

    return either


def install() -> None:
    """Install both wrappers."""
    app._handle_s3_control_request = controlling(app._handle_s3_control_request)
    s3._public_access_blocked = both(s3._public_access_blocked)
