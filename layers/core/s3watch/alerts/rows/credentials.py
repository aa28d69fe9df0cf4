"""Says for which workload a caller's credentials were made, and whether they were used outside AWS."""

from __future__ import annotations

from s3watch.alerts.alert import Evidence
from s3watch.text import clean

_KINDS = {"ec2": "EC2 instance", "ecs": "ECS task", "lambda": "Lambda function"}
_PASSED_ON = ("query", "form")  # a URL or form, which anybody may use, and was made for that


def line(evidence: Evidence) -> str:
    """Return where the credentials belong; empty if that is not known."""
    if not evidence.workload:
        return ""
    kind = _KINDS.get(evidence.workload, f"{clean(evidence.workload, 40)} workload")
    used = evidence.outside_aws and evidence.auth not in _PASSED_ON
    told = [
        " ".join(filter(None, [f"of {kind}", clean(evidence.workload_holder)])),
        "" if evidence.workload_certain else "by the session's name alone",
        "used from outside AWS" if used else "",
    ]
    return ", ".join(filter(None, told))
