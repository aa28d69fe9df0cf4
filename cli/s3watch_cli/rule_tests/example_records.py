"""Builds CloudTrail records in their documented shapes from the short form of test cases.

Account IDs and addresses are those reserved for examples. The shapes are in base_records.json, after
https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from s3watch.facts.operations import S3_EVENTS, classify_event
from s3watch.facts.requests import access_grants

from s3watch_cli.lint.event_names import OWN_EVENTS, TRAIL_EVENTS
from s3watch_cli.rules.diagnostics import InvalidInputError, nearest
from s3watch_cli.rules.located_yaml import DEPTH

ACCOUNT = "111122223333"
BATCH = " by batch"  # suffix for the record of each object of a batch delete
TRAIL_NAMES = TRAIL_EVENTS | OWN_EVENTS | {"StartLogging", "CreateTrail"}
KEYS = ("base", "bucket", "key", "as", "from", "vpce", "at", "error", "set", "remove")
MOST_TIMES = 1000  # events that one line stands for: a second of the test's time
KINDS = {"set": "a mapping of paths and values", "remove": "a list of paths"}
SHAPES = {"object": "object", "prefix": "listing", "bucket": "bucket", "account": "account"}
CALLER = re.compile(r"(?:(\d{12}):)?(role|user|federated)/(.+)|(?:(\d{12}):)?(root)")
SSO_ROLE = "AWSReservedSSO_Analyst_0123456789abcdef"
SSO_PATH = "aws-reserved/sso.amazonaws.com/eu-west-1/"


def repeat(short: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield an event in short form so many `times`, each with its number in place of `{n}` in its texts.

    Raises InvalidInputError.
    """
    times = short.get("times")
    if times is None or "eventName" in short:
        yield short
        return
    if not isinstance(times, int) or isinstance(times, bool) or not 1 <= times <= MOST_TIMES:
        raise InvalidInputError("`times` is not a number of events", f"write a number from 1 to {MOST_TIMES}")
    once = {key: value for key, value in short.items() if key != "times"}
    for number in range(1, times + 1):
        yield {
            key: value.replace("{n}", str(number)) if isinstance(value, str) else value
            for key, value in once.items()
        }


def make_record(short: dict[str, Any], number: int = 0) -> dict[str, Any]:
    """Build the record that a test case gives in short form; `number` makes its IDs unique within the case.

    A mapping with `eventName` is already a complete record. Raises InvalidInputError.
    """
    if "eventName" in short:
        return short
    _check(short)
    name = short["base"]
    record = _shape(name, short.get("bucket", "hr-data"), short.get("key", "payroll/2026/q3.csv"))
    record["eventName"] = name.removesuffix(BATCH)
    record["eventTime"] = short.get("at", "2026-11-20T08:14:03Z")
    record["eventID"] = f"{record['eventID'][:-4]}{number:04d}"
    record["requestID"] = f"{record['requestID'][:-4]}{number:04d}"
    _identify(record, short.get("as", "role/analyst"))
    record["sourceIPAddress"] = short.get("from", record.get("sourceIPAddress", "203.0.113.7"))
    if "vpce" in short:
        record["vpcEndpointId"] = short["vpce"]
    if "error" in short:
        record["errorCode"] = short["error"]
        record["errorMessage"] = _bases()["errors"].get(short["error"], short["error"])
    for path, value in short.get("set", {}).items():
        _set(record, path.split("."), value)
    for path in short.get("remove", ()):
        _remove(record, path)
    return record


def _check(short: dict[str, Any]) -> None:
    if "base" not in short:
        raise InvalidInputError(
            "an event without `base` or `eventName`", "write `base: GetObject`, or a complete record"
        )
    for key, value in short.items():
        kind: type = {"set": dict, "remove": list}.get(key, str)
        if key not in KEYS:
            raise InvalidInputError(f"unknown key `{key}`", f"write one of {', '.join(KEYS)}")
        texts = value if isinstance(value, list) else ()
        if not isinstance(value, kind) or not all(isinstance(one, str) for one in texts):
            raise InvalidInputError(f"`{key}` is not {KINDS.get(key, 'text')}", "see tests/README.md")


@cache
def _bases() -> dict[str, Any]:
    bases: dict[str, Any] = msgspec.json.decode(
        (files("s3watch_cli.rule_tests") / "base_records.json").read_bytes()
    )
    return bases


def _shape(name: str, bucket: str, key: str) -> dict[str, Any]:
    bare = name.removesuffix(BATCH)
    if bare not in S3_EVENTS and bare not in TRAIL_NAMES:
        meant = nearest(bare, [*S3_EVENTS, *TRAIL_NAMES])
        raise InvalidInputError(
            f"unknown event `{name}`", f"write `{meant}`" if meant else "write a complete record"
        )
    operation, scope = (
        classify_event(bare, "s3.amazonaws.com", bucket, key) if bare in S3_EVENTS else ("other", "")
    )
    scope = {"DeleteObjects": "prefix", **dict.fromkeys(access_grants.EVENTS, "account")}.get(bare, scope)
    bases = _bases()
    record = deepcopy(bases["common"])
    record["readOnly"] = operation in ("read", "list", "inspect")
    for part in (bases["shapes"][SHAPES.get(scope, "trail")], bases["events"].get(name, {})):
        _merge(record, deepcopy(part))
    filled: dict[str, Any] = _fill(record, bucket, key)
    if filled.get("tlsDetails"):
        filled["tlsDetails"]["clientProvidedHostHeader"] = (filled["requestParameters"] or {}).get("Host", "")
    return filled


def _merge(record: dict[str, Any], part: dict[str, Any]) -> None:
    for name, value in part.items():
        if isinstance(value, dict) and isinstance(record.get(name), dict):
            _merge(record[name], value)
        else:
            record[name] = value


def _fill(value: Any, bucket: str, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _fill(one, bucket, key) for name, one in value.items()}
    if isinstance(value, list):
        return [_fill(one, bucket, key) for one in value]
    return value.replace("{bucket}", bucket).replace("{key}", key) if isinstance(value, str) else value


def _identify(record: dict[str, Any], caller: str) -> None:
    """Set the caller in the shape that CloudTrail has for this kind of caller."""
    kind, _, name = caller.partition("/")
    if caller == "anonymous":
        record["userIdentity"] = {"type": "AWSAccount", "principalId": "", "accountId": "anonymous"}
        for member in ("SignatureVersion", "AuthenticationMethod"):
            (record.get("additionalEventData") or {}).pop(member, None)
    elif kind == "service" and name:
        record["userIdentity"] = {"type": "AWSService", "invokedBy": name}
        record["sourceIPAddress"] = record["userAgent"] = name
    elif kind == "sso" and name:
        record["userIdentity"] = _role(ACCOUNT, SSO_ROLE, name, SSO_PATH)
    elif re.fullmatch(r"\d{12}", caller):
        record["userIdentity"] = {
            "type": "AWSAccount",
            "principalId": "AROAEXAMPLEFOREIGN:s",
            "accountId": caller,
        }
    else:
        record["userIdentity"] = _named(caller)


def _named(caller: str) -> dict[str, Any]:
    found = CALLER.fullmatch(caller)
    if not found:
        raise InvalidInputError(f"`{caller}` is not a caller", "write `as: role/x`, or see tests/README.md")
    account, kind, name = found[1] or found[4] or ACCOUNT, found[2] or "root", found[3]
    if kind == "role":
        return _role(account, name, "session")
    arn = f"arn:aws:iam::{account}:{kind}" + (f"/{name}" if name else "")
    identity = {"arn": arn, "accountId": account, "accessKeyId": "AKIAIOSFODNN7EXAMPLE"}
    if kind == "root":
        return {"type": "Root", "principalId": account, **identity}
    if kind == "user":
        return {"type": "IAMUser", "principalId": "AIDAEXAMPLEUSERID", "userName": name, **identity}
    identity["arn"] = f"arn:aws:sts::{account}:federated-user/{name}"
    return {"type": "FederatedUser", "principalId": f"{account}:{name}", **identity}


def _role(account: str, role: str, session: str, path: str = "") -> dict[str, Any]:
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLEROLEID:{session}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{session}",
        "accountId": account,
        "accessKeyId": "ASIAIOSFODNN7EXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLEROLEID",
                "arn": f"arn:aws:iam::{account}:role/{path}{role}",
                "accountId": account,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-11-20T07:58:11Z", "mfaAuthenticated": "false"},
        },
    }


def _set(record: Any, path: list[str], value: Any) -> None:
    """Set a value at a path, creating the mappings that are missing."""
    if len(path) > DEPTH:
        raise InvalidInputError(f"a path of more than {DEPTH} names", "no record is nested that deep")
    *parents, last = path
    for name in parents:
        place = _room(record, name)
        inner = record[place] if isinstance(record, list) else record.get(place)
        if not isinstance(inner, dict | list):
            inner = record[place] = {}
        record = inner
    record[_room(record, last)] = value


def _room(inner: dict[str, Any] | list[Any], name: str) -> Any:
    """Return the key of a member, for which a list is made longer by one at most."""
    if isinstance(inner, dict):
        return name
    if name not in map(str, range(len(inner) + 1)):
        raise InvalidInputError(f"`{name}` is not an index of a list of {len(inner)}", "count from 0")
    if int(name) == len(inner):
        inner.append(None)
    return int(name)


def _remove(record: dict[str, Any], path: str) -> None:
    *parents, last = path.split(".")
    inner: Any = record
    for name in parents:
        inner = inner[_key(inner, name, path)]
    del inner[_key(inner, last, path)]


def _key(inner: Any, name: str, path: str) -> Any:
    """Return the key of a member that exists."""
    if isinstance(inner, list) and name in map(str, range(len(inner))):
        return int(name)
    if not isinstance(inner, dict) or name not in inner:
        raise InvalidInputError(f"no `{path}` to remove", "remove this line")
    return name
