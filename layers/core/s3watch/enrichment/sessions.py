"""Finds who is behind the session of a role: who assumed it, by CloudTrail's event history.

Whoever assumes a role chooses the session's name, and mostly no record of the session says who that was; the
record of the call that made its credentials does. CloudTrail keeps it for 90 days in every account.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
"""

from __future__ import annotations

from typing import Literal, get_args

from s3watch.alerts.alert import Assumed, Assumer, Evidence
from s3watch.enrichment.assumptions import Session
from s3watch.enrichment.source import Reason, Source

# LookupEvents takes two calls a second.
# https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
MOST_ASKED = STEPS = 2  # calls of a batch in one Region; sessions of a chain that are looked up
# Seconds: the answer stays true, and a session lasts 12 hours at most.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
KEPT = 12 * 3600.0
# Seconds after which an event is in the history: "typically within an average of about 5 minutes"
# https://docs.aws.amazon.com/awscloudtrail/latest/userguide/how-cloudtrail-works.html
LAG = 900.0
_TEMPORARY_KEY = "ASIA"  # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html
_OF_AWS = ("aws-service", "aws-internal")

type History = Source[Assumer, Session]
# Why nobody is known besides the reasons of sources; not here: our Region has nothing, another refused.
Absent = Literal["not yet", "not found", "not here", "longer"]
REASONS = (*get_args(Reason), *get_args(Absent))


class Sessions:
    """Looks up the sessions of roles in one account, whose event histories are asked in turn."""

    def __init__(self, account: str, *histories: History) -> None:
        self._account, self._histories = account, histories

    def find(self, evidence: Evidence, now: float) -> Assumed | None:
        """Return who is behind a caller; None if that is known, or no history of ours can have it.

        Console and services call with keys of their own, which no record of STS names.
        """
        session = None if evidence.console else self._session(evidence)
        if session is None:
            return None
        found = list[Assumer]()
        while session and len(found) < STEPS:
            assumer, reason = self._look_up(session, now)
            if assumer is None:
                return Assumed(tuple(found), reason)
            found.append(assumer)
            session = self._session(assumer)
        return Assumed(tuple(found), "longer" if session else "")

    def _session(self, caller: Evidence | Assumer) -> Session | None:
        """Return the session of a caller, if somebody is behind it whom AWS does not vouch for."""
        is_role = caller.principal_type == "role" and caller.caller_account == self._account
        is_known = caller.actor_verified or caller.workload_certain
        if not is_role or is_known or caller.network_kind in _OF_AWS or caller.session_began is None:
            return None
        is_temporary = caller.access_key.startswith(_TEMPORARY_KEY)
        return Session(caller.access_key, caller.session_began) if is_temporary else None

    def _look_up(self, session: Session, now: float) -> tuple[Assumer | None, Reason | Absent]:
        """Return who got a session, or why that is not known; another Region's why counts after the lag."""
        reason: Reason = ""
        for number, history in enumerate(self._histories):
            found, reason = history.ask(session, now)
            if found or reason == "decoys" or (reason and number == 0):
                return found, reason
        if now < session.began + LAG:
            return None, "not yet"
        return None, "not here" if reason in ("refused", "not understood") else reason or "not found"
