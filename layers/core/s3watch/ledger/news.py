"""What hits add to what the messages of their group have said, and whether it can wait for a roll-up."""

from __future__ import annotations

from s3watch.alerts.alert import Kind, News
from s3watch.facts.acts import GRAVITY, LASTING, gravity
from s3watch.ledger.groups import MOST_NAMES, Group, Tally
from s3watch.ruleset import rank


def urgent_kind(group: Group, tally: Tally) -> Kind | None:
    """Return the kind of message that must not wait for a roll-up, if these hits need one.

    That is the end or return of a finding, a higher severity, a first detection at high or above, an act
    that is graver than any reported, and among those that outlast the request any other: to somebody else,
    to another place, by another call.
    """
    if kind := _turn_of_finding(group, tally):
        return kind
    if not group.sequence:
        return "first"
    said = group.told
    first = set(tally.alarming) - set(said.rules) if len(said.rules) < MOST_NAMES else ()  # as in _is_graver
    worse = rank(tally.level) > rank(said.level) or first
    return "worse" if worse or any(_is_graver(group, act) for act in tally.acts) else None


def _turn_of_finding(group: Group, tally: Tally) -> Kind | None:
    before, after = group.evidence.finding, tally.evidence.finding
    if not (group.sequence and before and after) or tally.evidence.time < group.evidence.time:
        return None
    if before.is_closed == after.is_closed:
        return None
    return "closed" if after.is_closed else "reopened"


def _is_graver(group: Group, act: str) -> bool:
    grave = _gravity(group, act)
    known = act in group.told.acts or len(group.told.acts) >= MOST_NAMES  # more are told by roll-ups
    return grave > group.told.gravity or (grave >= LASTING and not known)


def _gravity(group: Group, act: str) -> int:
    return gravity(act.partition(" ")[0], group.outcome)


def new_lasting_acts(group: Group) -> tuple[str, ...]:
    """Return the acts that outlast the request and that no message has named: each is another one."""
    new = [act for act in group.acts if act not in group.told.acts and act != "delete"]
    return tuple([act for act in new if _gravity(group, act) >= LASTING])


def news_of(group: Group) -> News:
    """Return what no message has said yet; the first message has no news, since all of it is new."""
    said = group.told
    added = group.sums.since(said.sums)
    return News(
        acts=by_gravity(added.acts),
        rules=tuple(name for name in group.rules if name not in said.rules),
        labels=tuple(name for name in group.labels if name not in said.labels),
        keys=group.distinct_keys - said.keys,
        ips=group.distinct_ips - said.ips,
    )


def by_gravity(acts: dict[str, int]) -> tuple[tuple[str, int], ...]:
    """Return acts and their numbers, the gravest first, then the most frequent."""
    if len(acts) < 2:  # as of most groups
        return tuple(acts.items())
    return tuple(sorted(acts.items(), key=lambda each: (-GRAVITY.get(each[0], 0), -each[1], each[0])))
