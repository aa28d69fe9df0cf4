"""Whether a bucket's policy allows an AWS service to deliver."""

from __future__ import annotations

from collections.abc import Mapping

from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_region
from ministack.services import s3


def allows_service(
    service: str, bucket: str, action: str, resource: str, conditions: Mapping[str, str]
) -> bool:
    """Tell whether a bucket's policy allows a service principal an action over TLS; False without a policy.

    `conditions` are the condition keys of the request, in lower case: aws:sourcearn, aws:sourceaccount.
    """
    owner = s3._bucket_owner_account(bucket)
    policy = s3._bucket_policies.get_scoped(owner, None, bucket) if owner else None
    if not policy:
        return False
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource,
        region=get_region(),
        secure_transport=True,
        service_context=dict(conditions),
    )
    return bool(evaluate_resource_policy(policy, context, service=service).decision == "Allow")
