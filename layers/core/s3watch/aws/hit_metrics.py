"""Hits as CloudWatch metrics, by detection and by label: what the dashboard of stacks/analytics.yaml shows.

The values are names of the rules folder, never a caller's, so there are as many metrics as names at most.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from aws_lambda_powertools.metrics import MetricUnit, single_metric

from s3watch.detection.matcher import Hit

Dimension = tuple[str, str]  # a dimension, rule or label, and its value


def tally(hits: Iterable[Hit]) -> Counter[Dimension]:
    """Count hits by each detection, and by each label of their object or else their bucket."""
    counts = Counter[Dimension]()
    for hit in hits:
        labels = hit.access.label_names or hit.access.bucket_label_names
        counts.update(("rule", detection.rule) for detection in hit.detections)
        counts.update(("label", name) for name in labels)
    return counts


def publish(hits: Iterable[Hit]) -> None:
    """Write the counts to the log in CloudWatch's embedded metric format, beside the dimension `service`."""
    for (dimension, name), number in tally(hits).items():
        named = {dimension: name}
        with single_metric("Hits", MetricUnit.Count, number, namespace="S3Watch", default_dimensions=named):
            pass
