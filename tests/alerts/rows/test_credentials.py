from __future__ import annotations

import pytest
from s3watch.alerts.rows.credentials import line

from tests.support.sample_alerts import make_evidence

FUNCTION = "arn:aws:lambda:eu-west-1:111122223333:function:payroll-export"
LAMBDA = {"workload": "lambda", "workload_holder": FUNCTION, "workload_certain": True}


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (LAMBDA | {"outside_aws": True}, f"of Lambda function {FUNCTION}, used from outside AWS"),
        (LAMBDA | {"outside_aws": False}, f"of Lambda function {FUNCTION}"),
        (LAMBDA, f"of Lambda function {FUNCTION}"),
        (LAMBDA | {"outside_aws": True, "auth": "query"}, f"of Lambda function {FUNCTION}"),
        (
            {"workload": "ec2", "workload_holder": "i-0a1b2c3d4e5f67890", "outside_aws": True},
            "of EC2 instance i-0a1b2c3d4e5f67890, by the session's name alone, used from outside AWS",
        ),
        ({"workload": "ecs", "workload_certain": True}, "of ECS task"),
        ({"workload": "batch", "workload_certain": True}, "of batch workload"),
        ({"outside_aws": True}, ""),
    ],
    ids=["outside", "inside", "no ranges", "a link", "by name", "nameless", "another kind", "nothing known"],
)
def test_the_row_says_where_credentials_belong(facts, said):
    assert line(make_evidence(**facts)) == said


def test_what_somebody_chose_is_cleaned():
    assert "\n" not in line(make_evidence(workload="a\nb", workload_holder="c\nd"))
