"""The callers of the demo and the end-to-end tests: IAM users and roles of the local AWS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.cloud import Cloud, Keys
from local.settings import ACCOUNT

SSO_PATH = "/aws-reserved/sso.amazonaws.com/"
SSO_ROLE = "AWSReservedSSO_Analyst_0123456789abcdef"  # as IAM Identity Center names its roles

READ = ("s3:GetObject", "s3:ListBucket")
WRITE = ("s3:PutObject",)
DELETE = ("s3:DeleteObject",)


@dataclass(frozen=True, slots=True)
class Callers:
    """Creates IAM identities, each allowed some actions on every resource; bucket policies may deny them."""

    cloud: Cloud

    def role(self, name: str, actions: Sequence[str], *, session: str, path: str = "/") -> Keys:
        """Create a role; returns the credentials of a session of it."""
        iam = self.cloud.client("iam")
        arn = iam.create_role(Path=path, RoleName=name, AssumeRolePolicyDocument=_trust())["Role"]["Arn"]
        if actions:
            iam.put_role_policy(RoleName=name, PolicyName="s3", PolicyDocument=_allow(actions))
        given = self.cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
        return Keys(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])

    def analyst(self, person: str, actions: Sequence[str]) -> Keys:
        """Create the role that people share by IAM Identity Center; returns a session of the person."""
        return self.role(SSO_ROLE, actions, session=person, path=SSO_PATH)

    def user(self, name: str, actions: Sequence[str]) -> Keys:
        """Create an IAM user; returns its access key."""
        iam = self.cloud.client("iam")
        iam.create_user(UserName=name)
        if actions:
            iam.put_user_policy(UserName=name, PolicyName="s3", PolicyDocument=_allow(actions))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return Keys(key["AccessKeyId"], key["SecretAccessKey"])


def _trust() -> str:
    principal = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return _policy({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def _allow(actions: Sequence[str]) -> str:
    return _policy({"Effect": "Allow", "Action": list(actions), "Resource": "*"})


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
