"""Enrichers whose sources answer what a test sets, as AWS would."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from s3watch.alerts.alert import Versioning
from s3watch.enrichment.caller_tags import CallerTagsEnricher
from s3watch.enrichment.enricher import Enricher
from s3watch.enrichment.in_turn import Enrich, in_turn
from s3watch.enrichment.public_access import PublicAccessEnricher, PublicSources
from s3watch.enrichment.sessions import History, Sessions
from s3watch.enrichment.source import Source
from s3watch.posture.bucket_state import Block

from tests.support.bucket_states import EVERYONE, make_acl

ACCOUNT = "111122223333"
PRIVATE, LISTED_BY_ALL = make_acl(), make_acl((EVERYONE, "READ"))


def source(name: str, read: Callable[[str], Any]) -> Source[Any]:
    """A source that tells nobody of its failures."""
    return Source(name, read, lambda *_: None)


def make_public_sources(*opened_by: str, block: Block | None = None) -> PublicSources:
    """What decides whether everyone may use a bucket that its `policy` or its `ACL` opens."""
    return PublicSources(
        source("block", lambda _: block or Block()),
        source("policy", lambda _: "policy" in opened_by),
        source("ACL", lambda _: LISTED_BY_ALL if "ACL" in opened_by else PRIVATE),
        source("account", lambda _: Block()),
    )


def make_enricher(
    buckets: Iterable[str],
    versioning: Versioning = "",
    tags: Sequence[str] = (),
    opened_by: Sequence[str] | None = None,
    caller_tags: Sequence[str] = (),
    history: History | None = None,
) -> Enrich:
    """Enrich what is about these buckets; of public access only if it is given by what they are open."""
    watched = frozenset(buckets)
    asked, tagged = source("versioning", lambda _: versioning), source("tags", lambda _: tuple(tags))
    public = PublicAccessEnricher(
        make_public_sources(*(opened_by or ())), ACCOUNT, () if opened_by is None else watched
    )
    of_caller = CallerTagsEnricher(source("the caller's tags", lambda _: tuple(caller_tags)), ACCOUNT)
    behind = Sessions(ACCOUNT, history) if history else Sessions("")  # which has no sessions
    return in_turn(Enricher(asked, tagged, watched, behind), public, of_caller)
