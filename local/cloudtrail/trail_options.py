"""Trail options that ministack drops: the log group given to CreateTrail, and the ARN of its topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudtrail

from local.cloudtrail.log_delivery import topic_arn

Json = dict[str, Any]
Action = Callable[[Json], tuple[int, Any, bytes]]


def remembering(create: Action) -> Action:
    """Wrap CreateTrail to keep the options that UpdateTrail keeps."""

    def created(body: Json) -> tuple[int, Any, bytes]:
        answer = create(body)
        return answer if answer[0] >= 400 else cloudtrail._update_trail(body)

    return created


def with_topic(view: Callable[[Json], Json]) -> Callable[[Json], Json]:
    """Wrap the description of a trail to include the ARN of its topic."""

    def viewed(trail: Json) -> Json:
        account = trail["TrailARN"].split(":")[4]
        arn = topic_arn(trail.get("SnsTopicName") or "", account, trail["HomeRegion"])
        return view(trail) | ({"SnsTopicARN": arn} if arn else {})

    return viewed


def install() -> None:
    """Install both wrappers."""
    cloudtrail._trail_view = with_topic(cloudtrail._trail_view)
    cloudtrail._create_trail = remembering(cloudtrail._create_trail)
    cloudtrail._DISPATCH["CreateTrail"] = cloudtrail._create_trail
