"""What AWS says about the parts that a deployment depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

type TopicName = Literal["alerts", "operations"]


class Trail(Struct, frozen=True):
    """The trail that records the watched buckets."""

    name: str
    is_there: bool = True
    is_logging: bool = True
    delivery_error: str = ""  # of the latest attempt to write a log file, as CloudTrail names it
    started: float = 0  # epoch seconds, when it last began to record; 0: AWS does not say
    stopped: float = 0  # the same, when that last ended
    delivered: float = 0  # the same, when it last wrote a log file
    selectors: Mapping[str, Any] = {}  # as GetEventSelectors returns them


class Route(Struct, frozen=True):
    """The rules of EventBridge that send to a target, by name: whether each is enabled."""

    target: str  # the name of the queue or function
    rules: Mapping[str, bool]


class EventSource(Struct, frozen=True):
    """An event-source mapping: what invokes a function."""

    function: str
    source: str
    state: str  # as Lambda names it: Enabled, Disabled, ...
    mark: str = ""  # digest of what decides which messages or records come to the function


class Subscription(Struct, frozen=True):
    """Who gets the messages of a topic."""

    topic: TopicName
    protocol: str
    endpoint: str
    is_confirmed: bool


class Made(Struct, frozen=True):
    """What an update of the stack left: its functions, their roles, and rules."""

    deployed: float = 0  # epoch seconds of the stack's last update; 0: unknown, or one is running
    marks: Mapping[str, str] = {}  # name, digest of what somebody could change
    by_role: Mapping[str, Mapping[str, str]] = {}  # the same of the functions' roles that could be read


class Parts(Struct, frozen=True):
    """All of them; what could not be read is named, and nothing is said about it."""

    trail: Trail
    routes: tuple[Route, ...] = ()
    mappings: tuple[EventSource, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    made: Made = Made()
    stopped: tuple[str, ...] = ()  # functions that nothing can invoke
    unlogged: tuple[str, ...] = ()  # watched buckets that write no access logs to the deployment's bucket
    # Why not, each with the service's name first, a comma and which part if it is not all, and a colon
    unreadable: tuple[str, ...] = ()
    busy: tuple[str, ...] = ()  # services that did not answer all that was asked, which passes by itself

    @property
    def blind(self) -> frozenset[str]:
        """The services of which something could not be read."""
        return frozenset(each.partition(":")[0].partition(",")[0] for each in self.unreadable)
