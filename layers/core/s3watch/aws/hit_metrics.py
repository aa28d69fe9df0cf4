"""Publishes hits as CloudWatch metrics by detection and by label, for the dashboard of stacks/analytics.yaml.

And how long the canary took.

Dimension values are names from the rules folder, never text from a caller: that limits the number of metrics.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from s3watch.detection.matcher import Hit

Dimension = tuple[str, str]  # name (`rule` or `label`) and value


def tally(hits: Iterable[Hit], correlated: Iterable[Hit] = ()) -> Counter[Dimension]:
    """Count hits by detection, and by label of the object or, if it has none, of the bucket.

    Correlations that fired count by detection only: what they counted has its labels counted already.
    """
    counts = Counter(("rule", detection.rule) for hit in correlated for detection in hit.detections)
    for hit in hits:
        labels = hit.access.label_names or hit.access.bucket_label_names
        counts.update(("rule", detection.rule) for detection in hit.detections)
        counts.update(("label", name) for name in labels)
    return counts


def publish(hits: Iterable[Hit], correlated: Iterable[Hit] = ()) -> None:
    """Write the counts to the log in CloudWatch's embedded metric format."""
    for (dimension, name), number in tally(hits, correlated).items():
        named = {dimension: name}
        with single_metric("Hits", MetricUnit.Count, number, namespace="S3Watch", default_dimensions=named):
            pass


def publish_canary(seconds: float) -> None:
    """Add the seconds from a read of the canary to its message to the metrics of the function that runs."""
    Metrics(namespace="S3Watch").add_metric(name="CanarySeconds", unit=MetricUnit.Seconds, value=seconds)
