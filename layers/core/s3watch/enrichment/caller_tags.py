"""Adds to the evidence of a message the tags of its caller, if that is a role or user of our own account."""

from __future__ import annotations

from msgspec.structs import replace

from s3watch.alerts.alert import Evidence
from s3watch.enrichment.source import Source
from s3watch.facts.identity import NOT_SSO, SSO_ROLE

MOST = 3  # callers in one batch

# Roles that AWS makes: Identity Center's cannot be tagged, and those of services are nobody's of the account.
# https://docs.aws.amazon.com/singlesignon/latest/userguide/tagging.html
_OF_AWS = (SSO_ROLE, "AWSServiceRoleFor")


class CallerTagsEnricher:
    """Enriches the evidence of messages about any access whose caller is known by name."""

    def __init__(self, tags: Source[tuple[str, ...]], account: str) -> None:
        """Prepare it. `tags` is asked for `role/NAME` and `user/NAME` of `account`, our own."""
        self._tags, self._account = tags, account

    def __call__(self, evidence: Evidence, now: float) -> Evidence:
        """Return the evidence with the tags of its caller; the same one if there are none."""
        name = self._name(evidence)
        found = self._tags.ask(name, now).found if name else None
        return replace(evidence, caller_tags=found) if found else evidence

    def _name(self, evidence: Evidence) -> str:
        """Return by what to ask for a caller; empty if its tags cannot be read, or say nothing."""
        if not self._account or evidence.caller_account != self._account or evidence.finding:
            return ""
        if evidence.caller_tags:  # an earlier message about the access has asked
            return ""
        kind, _, name = evidence.principal.removeprefix(f"{self._account}:").partition("/")
        if kind not in ("role", "user") or name.startswith(_OF_AWS):
            return ""
        return f"{kind}/{name.removeprefix(NOT_SSO)}"
