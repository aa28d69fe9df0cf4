"""AWS prices in us-east-1, in US dollars, without free tiers, each with its source.

Prices without a source are marked CHECK: verify them at https://calculator.aws before relying on them. All
others were read on 2026-11-20.
"""

from __future__ import annotations

from dataclasses import dataclass

CLOUDTRAIL = "https://aws.amazon.com/cloudtrail/pricing/"
CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
READ = "2026-11-20"
CHECK = ""  # no source found


@dataclass(frozen=True, slots=True)
class Price:
    """A price: `usd` US dollars for `per` units."""

    usd: float
    per: float
    unit: str
    source: str = CHECK

    def of(self, number: float) -> float:
        """Return the price of `number` units in US dollars."""
        return self.usd * number / self.per


DATA_EVENTS = Price(0.10, 100_000, "data events, for each trail", CLOUDTRAIL)
MANAGEMENT_EVENTS = Price(2.00, 100_000, "management events of a copy beyond the first", CLOUDTRAIL)
BUS_EVENTS = Price(
    0.0, 1e6, "CloudTrail events on the default bus", "https://aws.amazon.com/eventbridge/pricing/"
)
S3_EVENTS = Price(1.00, 1e6, "S3 events on the default bus (some pages say they are free)")
QUEUE_REQUESTS = Price(
    0.40, 1e6, "SQS requests of up to 64 KB", "https://cloudburn.io/blog/amazon-sqs-pricing"
)
INVOCATIONS = Price(0.20, 1e6, "Lambda invocations")
COMPUTE = Price(0.0000133334, 1, "Lambda GB-seconds on arm64")
WRITES = Price(0.625, 1e6, "DynamoDB write units on demand")
MAILS = Price(2.00, 100_000, "e-mails by SNS")
LOGS = Price(
    0.50, 1e9, "bytes into CloudWatch Logs, standard class", "https://signoz.io/guides/cloudwatch-pricing"
)
LOG_STORAGE = Price(0.03, 1e9, "bytes in CloudWatch Logs for a month")
METRIC_MONTHS = Price(0.30, 1, "custom metric for a month", "https://signoz.io/guides/cloudwatch-pricing")
ALARM_MONTHS = Price(0.10, 1, "metric of an alarm for a month")
DASHBOARD_MONTHS = Price(3.00, 1, "dashboard for a month", CLOUDWATCH)
INSIGHT_RULES = Price(0.50, 1, "Contributor Insights rule for a month")
INSIGHT_MATCHES = Price(0.02, 1e6, "log events that a Contributor Insights rule matches")
STORAGE = Price(0.023, 1e9, "bytes in S3 Standard for a month")
READS = Price(0.0004, 1000, "GET requests to S3")
PUTS = Price(0.005, 1000, "PUT requests to S3")
RULE_EVALUATIONS = Price(0.001, 1, "evaluation of an AWS Config rule")
GUARDDUTY_EVENTS = Price(0.80, 1e6, "S3 data events in GuardDuty, of the first 500 million; 0.40 then")
MACIE_BUCKETS = Price(0.10, 1, "bucket in Macie for a month; 1.00 for each GB that it inspects comes on top")

ALL = (
    DATA_EVENTS, MANAGEMENT_EVENTS, BUS_EVENTS, S3_EVENTS, QUEUE_REQUESTS, INVOCATIONS, COMPUTE, WRITES,
    MAILS, LOGS, LOG_STORAGE, METRIC_MONTHS, ALARM_MONTHS, DASHBOARD_MONTHS, INSIGHT_RULES, INSIGHT_MATCHES,
    STORAGE, READS, PUTS, RULE_EVALUATIONS, GUARDDUTY_EVENTS, MACIE_BUCKETS,
)  # fmt: skip
