"""Situations: what happens in an account, in the records that AWS writes, and the mail that tells of it.

They are in tests/situations/*.yml, in the short form of rules/tests: what happened, what came before, which
mail it is about, and what that has to answer. Whatever is not known is named there, with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from itertools import count
from typing import Any

import yaml
from msgspec.structs import replace
from s3watch.alerts.alert import Alert, Assumer, Versioning
from s3watch.alerts.email.message import render
from s3watch.enrichment.assumptions import Session, read_assumption
from s3watch.enrichment.in_turn import Enrich
from s3watch.enrichment.sessions import KEPT, MOST_ASKED
from s3watch.enrichment.source import Source
from s3watch.ledger.evidence import enriched_by
from s3watch.ledger.ledger import Ledger
from s3watch.ledger.memory_store import MemoryStore
from s3watch.pipelines.relay_finding import Relay
from s3watch.posture import review_rules
from s3watch.ruleset import Ruleset
from s3watch_cli.compiler import compile_folder
from s3watch_cli.replay_messages import MessageReplayer
from s3watch_cli.rule_tests.example_records import make_record, repeat
from s3watch_cli.rules.diagnostics import Diagnostics

from tests.support.assumptions import make_assumption
from tests.support.bucket_states import allow, make_state
from tests.support.cloudtrail import OWNER, SSO_PATH, make_log_file, make_role
from tests.support.enrichment import make_enricher
from tests.support.hits import newest_alert
from tests.support.project import EVENTS, ROOT, RULES
from tests.support.review_events import make_change, make_schedule
from tests.support.reviewed_account import Account
from tests.support.sensitive import NOW

FOLDER = ROOT / "tests" / "situations"
CATALOGUE = FOLDER / "catalogue.yaml"
TODAY = date(2026, 11, 20)
STACK = "s3watch"
_OURS = "\nauthor: s3watch\n"


@dataclass(frozen=True)
class Situation:
    """What happened, and what its mail has to answer."""

    name: str
    what: str  # in the first sentence
    who: str
    when: str = "2026-11-20 08:14:03"  # these are the short form's own
    where: str = "203.0.113.7"
    how: str = "aws-cli 2.31"
    events: Sequence[dict[str, Any]] = ()  # in the short form
    history: Sequence[dict[str, Any]] = ()  # the same, of what came before
    mail: int = 0  # which of the mails it is about
    unknown: Mapping[str, str] = field(default_factory=dict)  # why a question has no answer
    advice: Sequence[str] = ("exceptions",)  # what the mail offers to paste
    versioning: Versioning = ""  # of all buckets; empty: nothing is asked
    tags: Sequence[str] = ()  # of all buckets
    accounts: Mapping[str, str] = field(default_factory=dict)  # their names in the catalogue
    opened_by: Sequence[str] | None = None  # "policy" and "ACL", if all buckets are asked who may use them
    caller_tags: Sequence[str] = ()  # of all roles and users of the account
    behind: str = ""  # who is behind the caller's session
    # The calls to STS, as changes of an example: the one that made the session, then what began a chain
    assumed: Sequence[Mapping[str, Any]] = ()
    finding: str = ""  # a file of events/, instead of records
    review: str = ""  # one of REVIEWS, instead of records

    def __str__(self) -> str:
        return self.name


@cache
def shipped() -> Ruleset:
    """Compile our detections with the catalogue of the situations, whatever the user's rules are by now."""
    diagnostics = Diagnostics()
    ruleset = compile_folder(RULES, TODAY, diagnostics, catalogue=CATALOGUE).ruleset
    ours = {path.stem for path in (RULES / "detections").glob("*.yml") if _OURS in path.read_text()}
    detections = tuple(each for each in ruleset.detections if each.rule in ours)
    return replace(ruleset, detections=detections, exceptions=(), staged=(), stack=STACK)


def records_of(situation: Situation) -> list[dict[str, Any]]:
    """Return the records of a situation, with what came before."""
    numbers = count()
    shorts = (*situation.history, *situation.events)
    return [make_record(short, next(numbers)) for each in shorts for short in repeat(each)]


def replay(
    ruleset: Ruleset, records: Sequence[dict[str, Any]], enrich: Enrich | None = None
) -> list[dict[str, Any]]:
    """Return all mails that records cause, in the order in which they are sent."""
    replayer = MessageReplayer(ruleset)
    if enrich:
        ledger = replayer._pipeline.ledger
        ledger._enrich = enriched_by(enrich, ledger._know)
    replayer.feed("situation", [make_log_file(*records)])
    mails = list(replayer.mails())
    assert list(replayer.result.failures.lines()) == []
    return mails


def _history(assumed: Sequence[Mapping[str, Any]]) -> Source[Assumer, Session]:
    """Return the event history that has these calls, each of which made the session that is asked for."""
    calls = iter(assumed)

    def read(session: Session) -> Assumer | None:
        call = make_assumption(key=session.key, **next(calls))
        return read_assumption(json.dumps(call), session, OWNER)

    return Source("event history", read, lambda *_: None, kept=KEPT, most=MOST_ASKED)


def mail_of(situation: Situation) -> tuple[str, str]:
    """Return the subject and body of the mail that a situation is about."""
    if situation.finding:
        return _rendered(_relayed(situation.finding))
    if situation.review:
        return _rendered(REVIEWS[situation.review]())
    history = _history(situation.assumed) if situation.assumed else None
    said = situation.versioning, situation.tags, situation.opened_by, situation.caller_tags
    enrich = make_enricher(shipped().buckets, *said, history)
    ruleset = replace(shipped(), accounts=tuple(situation.accounts.items()))
    mail = replay(ruleset, records_of(situation), enrich)[situation.mail]
    return mail["subject"], mail["body"]


def _rendered(alert: Alert) -> tuple[str, str]:
    return render(alert, review_rules.DETECTIONS | {each.rule: each for each in shipped().detections})


def _relayed(name: str) -> Alert:
    store = MemoryStore()
    Relay(shipped(), Ledger(store)).run([("m", (EVENTS / f"{name}.json").read_bytes())], NOW)
    return newest_alert(store)


_PUBLIC = make_state(allow(["*"], ["s3:GetObject", "s3:ListBucket"]), policy_public=True)
_ALICE = make_role("AWSReservedSSO_Analyst_0123456789abcdef", "alice@example.com", path=SSO_PATH)


def _after_call() -> Alert:
    account = Account(make_state(), shipped()).baseline()
    account.state = _PUBLIC
    account.run(make_change(userIdentity=_ALICE))
    return newest_alert(account.store)


def _on_schedule() -> Alert:
    account = Account(_PUBLIC, shipped())
    account.run(make_schedule())
    return newest_alert(account.store)


REVIEWS: Mapping[str, Callable[[], Alert]] = {"call": _after_call, "schedule": _on_schedule}


def _read() -> Iterator[Situation]:
    for path in sorted(FOLDER.glob("*.yml")):
        for each in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield Situation(**each)


SITUATIONS = list(_read())


def rows_of(screen: str) -> dict[str, str]:
    """Return the rows of a mail by their labels, with the lines of each joined."""
    rows, label = dict[str, str](), ""
    for line in screen.split("\n"):
        begun = re.match(r"([A-Z][A-Za-z ]+):(?: (.*))?$", line)
        if begun:
            label = begun[1]
        rows[label] = f"{rows.get(label, '')}\n{begun[2] or '' if begun else line}".strip()
    return rows
