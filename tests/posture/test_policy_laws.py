"""The law of the evaluation of policies: nobody whom IAM lets in is missing from what is told."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address, ip_network
from itertools import cycle, product

from hypothesis import given
from hypothesis import strategies as st
from s3watch.posture.audiences import Kind
from s3watch.posture.confinement import ANY_SERVICE, ENDPOINTS_OF
from s3watch.posture.policy import find_grants

from tests.support.cloudtrail import OTHER, OWNER
from tests.support.naive_policies import Caller, allows

OBJECT = "arn:aws:s3:::hr-data/payroll/q3.csv"
VERBS = {"s3:GetObject": "read", "s3:PutObject": "write"}
ACCOUNTS, ORGANIZATIONS = (OWNER, OTHER, "777788889999"), ("o-a1b2c3", "o-d4e5f6")
IPS, ENDPOINTS = ("203.0.113.7", "198.51.100.9"), ("vpce-1", "vpce-2")
SERVICES = ("cloudfront.amazonaws.com", "logging.s3.amazonaws.com")
IDS = {OWNER: "AROAOWNEROWNEROWNER", OTHER: "AROAOTHEROTHEROTHER", "777788889999": "AROATHIRDTHIRDTHIRD"}


# A request comes from an address, or through an endpoint of somebody's VPC.
PLACES = [
    *({"aws:sourceip": (ip,)} for ip in IPS),
    *(
        {"aws:sourcevpce": (endpoint,), "aws:vpceaccount": (account,)}
        for endpoint, account in product(ENDPOINTS, ACCOUNTS)
    ),
]


def principal(account, organization, role, place):
    arn = f"arn:aws:iam::{account}:role/{role}"
    keys = {
        "aws:principalisawsservice": ("false",),
        "aws:principalaccount": (account,),
        "aws:principalarn": (arn,),
        "aws:principalorgid": (organization,),
        "aws:userid": (f"{IDS[account]}:session",),
    }
    return Caller(arn=arn, keys=place | keys)


def service(name, account, organization):
    keys = {
        "aws:principalisawsservice": ("true",),
        "aws:principalservicename": (name,),
        "aws:sourceaccount": (account,),
        "aws:sourcearn": (f"arn:aws:cloudfront::{account}:distribution/E1",),
        "aws:sourceorgid": (organization,),
    }
    return Caller(service=name, keys=keys)


# Of requests besides: an access point of somebody else, or somebody's KMS key for what is written.
KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"
KMS_KEYS = {account: f"arn:aws:kms:eu-west-1:{account}:key/1234abcd" for account in ACCOUNTS}
BESIDES = [
    {},
    *({"s3:dataaccesspointaccount": (account,)} for account in ACCOUNTS[1:]),
    *({KEY: (KMS_KEYS[account],)} for account in ACCOUNTS[1:]),
]
CALLERS = [
    replace(caller, keys=caller.keys | besides)
    for caller, besides in zip(
        (
            *(Caller(keys=place) for place in PLACES),
            *(principal(*each) for each in product(ACCOUNTS, ORGANIZATIONS, ("app", "admin"), PLACES)),
            *(service(*each) for each in product(SERVICES, ACCOUNTS, ORGANIZATIONS)),
        ),
        cycle(BESIDES),
        strict=False,
    )
]


def values(*choices):
    return st.sampled_from(choices) | st.lists(st.sampled_from(choices), min_size=1, max_size=2)


ROLES = values(
    *(f"arn:aws:iam::{account}:role/{end}" for account in (*ACCOUNTS, "*") for end in ("app", "*"))
)
SOURCES = values(*(f"arn:aws:cloudfront::{account}:distribution/*" for account in (*ACCOUNTS, "*")))
KEYS = {
    "aws:PrincipalAccount": ("string", values(*ACCOUNTS, "*")),
    "AWS:principalorgid": ("string", values(*ORGANIZATIONS, "o-*")),
    "aws:PrincipalArn": ("arn", ROLES),
    "aws:SourceAccount": ("string", values(*ACCOUNTS)),
    "aws:SourceArn": ("arn", SOURCES),
    "aws:SourceOrgID": ("string", values(*ORGANIZATIONS)),
    "aws:PrincipalServiceName": ("string", values(*SERVICES)),
    "aws:SourceIp": ("ip", values("203.0.113.0/24", "203.0.113.7", "198.51.100.0/25", "0.0.0.0/0")),
    "aws:SourceVpce": ("string", values(*ENDPOINTS, "vpce-*")),
    "aws:VpceAccount": ("string", values(*ACCOUNTS)),
    "aws:userid": ("string", values(*(f"{identity}:*" for identity in IDS.values()))),
    "s3:DataAccessPointAccount": ("string", values(*ACCOUNTS, "*")),
    KEY: ("string", values(*list(KMS_KEYS.values())[1:], "arn:aws:kms:*:444455556666:*")),
    "aws:PrincipalIsAWSService": ("bool", st.sampled_from(["true", "false"])),
}
OPERATORS = {
    "string": ("StringEquals", "StringLike", "StringNotEquals", "StringNotLike"),
    "arn": ("ArnLike", "ArnEquals", "ArnNotLike", "StringLike"),
    "ip": ("IpAddress", "NotIpAddress"),
    "bool": ("Bool",),
}


@st.composite
def conditions(draw):
    condition = {}
    for key in draw(st.lists(st.sampled_from(sorted(KEYS)), max_size=3, unique=True)):
        kind, wanted = KEYS[key]
        operator = draw(st.sampled_from(["", "", "", "ForAnyValue:", "ForAllValues:"]))
        operator += draw(st.sampled_from(OPERATORS[kind])) + draw(st.sampled_from(["", "", "IfExists"]))
        if draw(st.integers(0, 9)) == 0:
            operator, wanted = "Null", st.sampled_from(["true", "false"])
        condition.setdefault(operator, {})[key] = draw(wanted)
    return condition


PRINCIPALS = st.sampled_from(
    [
        "*", "*", {"AWS": "*"}, {"AWS": OTHER}, {"AWS": [OWNER, OTHER]},
        {"AWS": f"arn:aws:iam::{OTHER}:role/app"}, {"Service": SERVICES[0]},
        {"Service": list(SERVICES), "AWS": OTHER},
    ]
)  # fmt: skip
ELEMENTS = st.fixed_dictionaries(
    {
        "Action": values("s3:GetObject", "s3:Put*", "s3:*", "S3:getobject"),
        "Resource": values(
            "arn:aws:s3:::hr-data/*", "arn:aws:s3:::hr-data/payroll/*", "*", "arn:aws:s3:::hr-data"
        ),
    }
)


@st.composite
def statements(draw, effect):
    statement = {"Effect": effect} | draw(ELEMENTS)
    name = "NotPrincipal" if draw(st.integers(0, 7)) == 0 else "Principal"
    statement[name] = draw(PRINCIPALS)
    if condition := draw(conditions()):
        statement["Condition"] = condition
    return statement


def is_in(audience, caller):
    """Whether those who are told include this caller."""
    return audience is None or any(in_scope(scope, caller) for scope in audience)


def in_scope(scope, caller):
    keys = caller.keys
    named = {
        Kind.ACCOUNT: ("aws:principalaccount", "aws:sourceaccount"),
        Kind.ORGANIZATION: ("aws:principalorgid", "aws:sourceorgid"),
        Kind.SERVICE: ("aws:principalservicename",),
        Kind.ACCESS_POINT: ("s3:dataaccesspointaccount",),
    }
    if scope.kind is Kind.SERVICE and scope.name == ANY_SERVICE:
        return bool(caller.service)
    if scope.kind is Kind.PRINCIPAL:
        return keys.get("aws:userid", ("",))[0].partition(":")[0] == scope.name
    if scope.kind is Kind.NETWORK:
        endpoints = {f"{ENDPOINTS_OF}account {account}" for account in keys.get("aws:vpceaccount", ())}
        return scope.name in {*keys.get("aws:sourcevpce", ()), *endpoints} or any(
            ip_address(ip) in ip_network(scope.name)
            for ip in keys.get("aws:sourceip", ())
            if not scope.name.lower().startswith("vpc")
        )
    if scope.kind is Kind.KEY:
        return KMS_KEYS[scope.name] in keys.get(KEY, ())
    return any(scope.name in keys.get(key, ()) for key in named[scope.kind])


def is_own(caller):
    """Whether the owner's account calls, or a service for it, or through its own VPC endpoint."""
    keys = ("aws:principalaccount", "aws:sourceaccount", "aws:vpceaccount")
    return any(OWNER in caller.keys.get(key, ()) for key in keys)


STRANGERS = [caller for caller in CALLERS if not is_own(caller)]
POLICIES = st.tuples(
    st.lists(statements("Allow"), min_size=1, max_size=3), st.lists(statements("Deny"), max_size=2)
)


@given(POLICIES, st.sampled_from(sorted(VERBS)))
def test_whoever_gets_in_from_outside_is_told(policy, action):
    allowed, denied = policy
    told = [
        grant.audience
        for grant in find_grants({"Statement": [*denied, *allowed]}, OWNER)
        if grant.verb == VERBS[action]
    ]
    for caller in STRANGERS:
        if allows([*allowed, *denied], caller, action, OBJECT):
            assert any(is_in(audience, caller) for audience in told), caller
