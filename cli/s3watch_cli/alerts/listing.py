"""Lists the alerts of a stack, the newest first, and finds one by its id or a part of it."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from s3watch.aws.dynamodb_listing import GroupListing
from s3watch.aws.dynamodb_store import DynamoDBStore
from s3watch.canary import is_canary
from s3watch.errors import RefusedError
from s3watch.ledger.groups import Group
from s3watch.ledger.messages import topics_of
from s3watch.ruleset import Severity, rank
from s3watch.text import count

from s3watch_cli.alerts.description import COLUMNS, describe, describe_in_full, is_closed, write
from s3watch_cli.alerts.subscribers import Subscribers, read_subscribers
from s3watch_cli.alerts.timeline import History
from s3watch_cli.attach.aws_errors import translate_errors_of_library
from s3watch_cli.attach.deployed_stack import open_ledger
from s3watch_cli.output import Format, note, show, show_texts

MOST_READ = 2000  # open alerts that are read, of the newest windows: 20 calls
SHORTEST, WHOLE = 8, 26  # characters of an id: those of its end are 40 random bits
CANDIDATES = 5  # ids named where several fit


@dataclass(frozen=True, slots=True)
class Place:
    """Where the alerts are, and by whose credentials they are read."""

    stack: str
    table: str
    profile: str | None
    region: str | None

    def open(self) -> tuple[DynamoDBStore, GroupListing, str]:
        """Return the store, its listing and the name of the table. Raises RefusedError."""
        client, table = open_ledger(self.stack, self.table, self.profile, self.region)
        return DynamoDBStore(client, table), GroupListing(client, table), table


@dataclass(frozen=True, slots=True)
class Filter:
    """Which alerts are listed."""

    level: Severity = "informational"  # at least
    label: str = ""
    actor: str = ""
    also_closed: bool = False

    def takes(self, group: Group) -> bool:
        """Return whether it takes a group; names are compared as AWS and the catalogue write them."""
        return (
            not is_canary(group.rules)
            and rank(group.level) >= rank(self.level)
            and (not self.label or self.label in (group.label, *group.labels))
            and (not self.actor or self.actor in _names(group))
            and (self.also_closed or not is_closed(group))
        )


def _names(group: Group) -> tuple[str, ...]:
    evidence = group.evidence
    return group.actor, evidence.actor, evidence.principal, evidence.arn


def list_alerts(place: Place, wanted: Filter, limit: int, form: Format) -> None:
    """Print the latest alerts that the filter takes. Raises RefusedError if AWS refuses a call."""
    _, listing, table = place.open()
    found = left = 0

    def taken(groups: Iterable[Group]) -> Iterator[Group]:
        nonlocal found
        for group in filter(wanted.takes, groups):
            found += 1
            yield group

    with translate_errors_of_library(f"the table {table}"):
        if wanted.also_closed:
            groups = listing.all_groups()
        else:
            ids = listing.open_ids()
            left = len(ids[MOST_READ:])
            groups = listing.groups(ids[:MOST_READ])
        newest = heapq.nlargest(limit, taken(groups), key=lambda group: group.latest)
    show(map(describe, newest), form, COLUMNS)
    _note_rest(found, len(newest), left, listing)


def _note_rest(found: int, shown: int, left: int, listing: GroupListing) -> None:
    note(f"{count(found, 'alert')} found" + (f", the latest {shown} shown" if shown < found else ""))
    if left:
        note(f"{left:,} more that are open and of older windows were not read; use --all")
    for why in listing.unreadable:
        note(why)


def show_alert(place: Place, identity: str, form: Format, *, also_closed: bool) -> None:
    """Print one alert in full. Raises RefusedError if there is none, or several fit."""
    store, listing, table = place.open()
    with translate_errors_of_library(f"the table {table}"):
        group = find(store, listing, identity, also_closed=also_closed)
        told = listing.messages(group)
    history = History(told, _subscribers(place, group))
    rows: list[dict[str, Any]] = [describe_in_full(group, history)]
    show_texts(rows, form, lambda _: write(group, history))


def _subscribers(place: Place, group: Group) -> Subscribers | None:
    """Return who is subscribed to the topics of an alert; None, with a note, if that cannot be found out."""
    if place.table:
        note("who is subscribed is not known with --table: name the stack instead")
        return None
    try:
        return read_subscribers(place.stack, topics_of(group))
    except RefusedError as error:
        note(f"who is subscribed is not known: {error}")
        return None


def find(store: DynamoDBStore, listing: GroupListing, identity: str, *, also_closed: bool) -> Group:
    """Return the group with this id, or the only one whose id begins or ends so. Raises RefusedError."""
    part = identity.strip().upper()
    if not SHORTEST <= len(part) <= WHOLE:
        raise RefusedError(f"{identity}: an id has {WHOLE} characters, of which {SHORTEST} are needed")
    ids = [part] if len(part) == WHOLE else listing.all_ids() if also_closed else listing.open_ids()
    fitting = [one for one in ids if one.startswith(part) or one.endswith(part)]
    if len(fitting) > 1:
        some = ", ".join(fitting[:CANDIDATES])
        raise RefusedError(f"{identity}: {len(fitting):,} alerts fit; give more of the id: {some}")
    if not fitting or not (group := store.group(fitting[0])):
        where = "or is older than 15 days" if also_closed or len(part) == WHOLE else "that is open; use --all"
        raise RefusedError(f"{identity}: no such alert {where}")
    return group
