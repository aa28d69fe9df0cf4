"""Names the parameters of a request and of its answer, without decoding their values.

Most requests have none of the parameters that a rule is about, which their names alone say.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import msgspec
from msgspec import Raw, Struct, field

from s3watch.facts import kms_keys, requested_grants
from s3watch.sources.tolerant_json import BROKEN

PARAMETERS = "requestParameters"


class _Parameters(Struct, gc=False):
    request: Raw = field(name=PARAMETERS, default=Raw(b"null"))
    response: dict[str, Raw] | None = field(name="responseElements", default=None)


class ParameterNames(NamedTuple):
    """The names of a request's parameters and of its answer's members, as they are written."""

    request: tuple[str, ...]
    response: tuple[str, ...]
    nested: bool  # whether a parameter may be an object, with names of its own: some value has a brace


_parameters = msgspec.json.Decoder(_Parameters)
_members = msgspec.json.Decoder(dict[str, Raw] | None)


def read_names(raw: bytes | Raw) -> ParameterNames | None:
    """Return the names in a record; None if request or answer are no objects, or only tolerable JSON."""
    try:
        found = _parameters.decode(raw)
        request = _members.decode(found.request) or {}
    except BROKEN:
        return None
    return ParameterNames(tuple(request), tuple(found.response or ()), bytes(found.request).count(b"{") > 1)


def find_undetermined(names: ParameterNames | None, fields: Iterable[str]) -> frozenset[str]:
    """Return which of some fields may have a value in a record with these names: parameters or facts."""
    return frozenset(each for each in fields if names is None or _may_have(names, each))


def _may_have(names: ParameterNames, field_name: str) -> bool:
    if field_name == "s3.kms_accounts":
        return kms_keys.may_name_keys(names.request + names.response)
    if field_name in GRANTS:
        return names.nested or requested_grants.may_grant(names.request)
    parameter = field_name.removeprefix(f"{PARAMETERS}.")
    return any(f"{parameter}.".startswith(f"{name}.") for name in names.request)


GRANTS = frozenset({"s3.grants_public", "s3.grants_public_write", "s3.grants_accounts", "s3.grants_ids"})
FACTS = GRANTS | {"s3.kms_accounts"}  # that have no value without certain parameters
