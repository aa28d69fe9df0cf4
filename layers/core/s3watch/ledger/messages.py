"""Messages: what a group has to say, one item for each topic, written together with the change it announces.

What a group has `told` moves forward in that write. It does not depend on a sender, so that nothing can slip
between a sender's read and its mark, and no topic can hold another one back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, get_args

from msgspec import Struct
from msgspec.structs import replace

from s3watch.alerts.alert import PATIENT, Alert, Evidence, Kind, Verdict
from s3watch.canary import NAME, is_canary
from s3watch.ledger.groups import ROLLUPS, Group, closes_at, next_due, next_due_of_told, told
from s3watch.ledger.news import by_gravity, new_lasting_acts, news_of
from s3watch.ruleset import Severity

Topic = Literal["mail", "chat", "machines", "canary"]
EVERY_TOPIC: tuple[Topic, ...] = get_args(Topic)
TOPICS: tuple[Topic, ...] = ("mail", "chat", "machines")  # those of alerts

LATE = 900.0  # seconds between event and arrival at which an alert says so: three deliveries of CloudTrail
UNSENT = 15.0  # seconds after which the sweeper sends a message that the stream's reader did not take
URGENT = 6  # messages an hour that a group may have sent at once; more wait for the next digest
CRITICAL, OTHERS, DIGEST = QUEUES = (0, 1, 2)
DAY, MORNING = 86_400.0, 7 * 3600.0  # seconds; of a day in UTC, the usual hour of the summary of the day, too
EARLY_TURNS = 4  # groups of a principal within an hour whose messages may be sent one by one


class Message(Struct, frozen=True):
    """One message to one topic; times are epoch seconds."""

    topic: Topic
    alert: Alert
    waits: bool  # it goes into the next digest
    due: float  # when the sweeper may send it
    turn: int = 1  # of its group (see Group)
    leased_until: float = 0  # one sender has it until then

    @property
    def id(self) -> str:
        """The id of the message, unique among all topics."""
        return f"{self.topic}#{self.alert.id}#{self.alert.sequence}"

    @property
    def is_critical(self) -> bool:
        """Whether the alert is critical."""
        return self.alert.level == "critical"

    @property
    def queue(self) -> int:
        """The queue of its topic that the message is in, the first one to be sent first."""
        return DIGEST if self.waits else CRITICAL if self.is_critical else OTHERS


class Gist(Struct, frozen=True, omit_defaults=True):
    """What a message says, in a few words and numbers."""

    kind: Kind
    level: Severity
    count: int  # accesses of its group so far
    acts: tuple[tuple[str, int], ...] = ()  # those that no earlier message had said, the gravest first


class SentMessage(Struct, frozen=True, omit_defaults=True):
    """What stays of a message once SNS has accepted it; who got it from there is not known here."""

    topic: Topic
    alert: str  # the id of its group
    sequence: int
    gist: Gist
    time: float  # epoch seconds, of its latest sending
    in_digest: bool = False  # one message told it together with other alerts

    @property
    def id(self) -> str:
        """The id that the message had."""
        return f"{self.topic}#{self.alert}#{self.sequence}"


def gist_of(alert: Alert) -> Gist:
    """Return what a message says in short."""
    return Gist(alert.kind, alert.level, alert.count, alert.news.acts if alert.news else alert.acts)


def sent_messages(messages: Sequence[Message], now: float) -> list[SentMessage]:
    """Return what stays of messages of one topic that were sent together."""
    in_digest = len({message.alert.id for message in messages}) > 1
    return [
        SentMessage(one.topic, one.alert.id, one.alert.sequence, gist_of(one.alert), now, in_digest)
        for one in messages
    ]


def topic_of(identity: str) -> Topic:
    """Return the topic of a message by its id. Raises ValueError if it names none."""
    name = identity.partition("#")[0]
    if name not in EVERY_TOPIC:
        raise ValueError(f"no topic of a message: {name}")
    return name


def topics_of(group: Group) -> tuple[Topic, ...]:
    """Return the topics that a group's messages go to: the canary's alone if nothing else was found."""
    if is_canary(group.rules):
        return ("canary",)
    return (*TOPICS, "canary") if NAME in group.rules else TOPICS


def announce(
    group: Group, kind: Kind, now: float, evidence: Evidence | None = None, rule: str = ""
) -> tuple[Group, tuple[Message, ...]]:
    """Return the group after a message, and the message to each topic.

    `evidence` and `rule` are what an urgent message shows in full; others show the worst hit of the group.
    """
    until = next_morning(now) if group.level in PATIENT else None
    if until is None and kind not in ("rollup", "closed") and _is_urgent_often(group, now):
        until = now
    group = replace(group, sequence=group.sequence + 1, verdict=_verdict_after(group, kind))
    messages = _messages(alert_of(group, kind, evidence, rule), group, now, until)
    urgent = group.urgent if kind in ("rollup", "closed") else (*group.urgent, now)[-URGENT:]
    due = next_due_of_told(group, now)
    return replace(group, told=told(group), urgent=urgent, due=due, unheard=0), messages


def enriched(
    group: Group, messages: tuple[Message, ...], enrich: Callable[[Evidence, float], Evidence], now: float
) -> tuple[Group, tuple[Message, ...]]:
    """Return a group and its messages, which all show one access, with what `enrich` adds to that."""
    shown = messages[0].alert.evidence if messages else None
    if shown is None or (more := enrich(shown, now)) is shown:
        return group, messages
    told = tuple(replace(one, alert=replace(one.alert, evidence=more)) for one in messages)
    return replace(group, evidence=more) if group.evidence is shown else group, told


def _verdict_after(group: Group, kind: Kind) -> Verdict | None:
    """Return the verdict, which is not about what is worse than all that was said when it was given."""
    if not group.verdict or kind in ("rollup", "closed"):
        return group.verdict
    return replace(group.verdict, overtaken=True)


def _is_urgent_often(group: Group, now: float) -> bool:
    return len(group.urgent) == URGENT and group.urgent[0] > now - ROLLUPS


def next_morning(now: float) -> float:
    """Return when the next digest of what interrupts nobody is sent, in epoch seconds."""
    return ((now - MORNING) // DAY + 1) * DAY + MORNING


def _messages(alert: Alert, group: Group, now: float, until: float | None) -> tuple[Message, ...]:
    """Return the message to each topic; people's topics wait `until` a time, machines never do."""
    at_once = Message("machines", alert, waits=False, due=now + UNSENT, turn=group.turn)
    to_people = replace(
        at_once,
        waits=until is not None or group.turn > EARLY_TURNS,
        due=now + UNSENT if until is None else until,
    )
    return tuple(
        replace(at_once if topic == "machines" else to_people, topic=topic) for topic in topics_of(group)
    )


def roll_up(group: Group, now: float) -> tuple[Group, tuple[Message, ...]]:
    """Return a group that is due after its roll-up or its end, and the messages; all topics get what is new.

    A group that ends without news says so to machines only. One that is judged has no roll-ups, one that is
    snoozed neither these nor an end.
    """
    if group.due is None or group.due > now:
        return group, ()
    if now < group.held_until:
        return replace(group, due=next_due(group, now)), ()
    ends = not group.evidence.finding and now >= closes_at(group)
    if not ends and (group.is_quiet or not group.has_news):
        return replace(group, due=next_due(group, now)), ()
    after, messages = announce(replace(group, closed=ends), "closed" if ends else "rollup", now)
    if group.has_news:
        return after, messages
    unheard = replace(after, unheard=group.unheard + 1)
    return unheard, tuple(one for one in messages if one.topic == "machines")


def alert_of(group: Group, kind: Kind, evidence: Evidence | None = None, rule: str = "") -> Alert:
    """Return what a message about the group says: all of it, and what no earlier one has said."""
    sums, evidence, rule = group.sums, evidence or group.evidence, rule or group.rules[0]
    return Alert(
        id=group.id, kind=kind, sequence=group.sequence,
        level=group.level, rule=rule, rules=group.rules, actor=group.actor, principal=evidence.principal,
        account=evidence.bucket_account or evidence.caller_account,
        region=evidence.region, label=group.label, labels=group.labels, owner=group.owner,
        bucket=group.bucket, outcome=group.outcome, evidence=evidence, is_overflow=group.is_overflow,
        count=max(sums.count, 1), exact=group.exact and not group.is_estimate, acts=by_gravity(sums.acts),
        lasting=new_lasting_acts(group), news=None if kind == "first" else news_of(group),
        first=group.first, last=group.latest, window_end=group.window_end, is_state=group.is_state,
        keys=group.keys,
        distinct_keys=group.distinct_keys, keys_exact=group.keys_exact, ips=group.ips,
        distinct_ips=group.distinct_ips, ips_exact=group.ips_exact,
        bytes_in=sums.bytes_in, bytes_out=sums.bytes_out,
        late=group.late if group.late >= LATE else 0, verdict=group.verdict, snooze=group.snooze,
    )  # fmt: skip
