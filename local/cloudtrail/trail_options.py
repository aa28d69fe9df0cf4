"""What ministack's CloudTrail forgets of a trail: the log group it is created with, the ARN of its topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudtrail

from local.cloudtrail.log_delivery import topic_arn

Json = dict[str, Any]
Action = Callable[[Json], tuple[int, Any, bytes]]


def remembering(create: Action) -> Action:
    """CreateTrail, its options kept as UpdateTrail keeps them."""

    def created(body: Json) -> tuple[int, Any, bytes]:
        answer = create(body)
        return answer if answer[0] >= 400 else cloudtrail._update_trail(body)

    return created


def with_topic(view: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """A trail as it is described, its topic's ARN included."""

    def viewed(trail: Json) -> Json:
        account = trail["TrailARN"].split(":")[4]
        arn = topic_arn(trail.get("SnsTopicName") or "", account, trail["HomeRegion"])
        return view(trail) | ({"SnsTopicARN": arn} if arn else {})

    return viewed


def install() -> None:
    """Replace both."""
    cloudtrail._trail_view = with_topic(cloudtrail._trail_view)
    cloudtrail._create_trail = remembering(cloudtrail._create_trail)
    cloudtrail._DISPATCH["CreateTrail"] = cloudtrail._create_trail
