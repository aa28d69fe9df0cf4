"""Names the caller of an access: first what AWS vouches for, then who the caller claims to be.

A person is named first only if AWS verified the name, as that of Identity Center's users. A source identity,
the subject of a web identity and the name in a federation token are chosen by others: they come second.
"""

from __future__ import annotations

from collections.abc import Callable

from s3watch.alerts.alert import Evidence
from s3watch.findings.finding import Finding
from s3watch.text import MAX_SHOWN, clean, clean_address, clean_name, quoted_name, to_ascii

BY_ENDPOINT = "VpceAccessDenied"
NAME = 40  # characters in a subject: an e-mail address fits, and leaves room for the key


type Named = Evidence | Finding


def is_foreign(caller: Named, owner: str) -> bool:
    """Return whether a caller is of another account than the owner of the bucket.

    Where a record names no owner, as access logs do not, principals of other accounts begin with theirs.
    """
    account = caller.caller_account
    if not account.isdecimal():
        return False  # unknown, or AWS's own, such as cloudfront
    return account != owner if owner else caller.principal.startswith(f"{account}:")


def vouched(caller: Named) -> str:
    """Return the name that AWS vouches for: a verified person, else the principal."""
    if caller.actor_verified:
        return caller.actor
    return caller.issuer or caller.principal or ("" if caller.claim_source else caller.actor) or "unknown"


def shown(caller: Named) -> str:
    """Render the name that AWS vouches for; the e-mail address of a verified person stays whole."""
    return _render(caller)(vouched(caller), MAX_SHOWN)


def in_subject(caller: Named) -> str:
    """Render the name that AWS vouches for in ASCII, as short as subjects have it."""
    name = vouched(caller)
    is_finder = caller.principal_type == "service" and not name.startswith("service/")  # such as AWS Config
    return _render(caller)(to_ascii(name) if is_finder else quoted_name(name), NAME)


def _render(caller: Named) -> Callable[[str, int], str]:
    return clean_address if caller.actor_verified or caller.principal_type == "service" else clean


def lines(caller: Named) -> list[str]:
    """Return who called: the name that AWS vouches for, then the principal of a person, or the claim."""
    person = caller.actor_verified and caller.principal != caller.actor
    return [shown(caller), clean(caller.principal) if person else claim(caller)]


def account(caller: Evidence) -> str:
    """Name the account as a whole, with its number: several accounts may report to the same people.

    What a VPC endpoint denied may have been asked of any account, which the record does not say.
    """
    if caller.error_code == BY_ENDPOINT:
        return "something in S3"
    return f"account {clean(caller.caller_account, 20)}" if caller.caller_account else "the account"


def claimed(caller: Named) -> str:
    """Return whom a caller claims to be, if that is more than its principal says; not cleaned."""
    if not caller.claim_source:
        return ""
    name = caller.actor.rpartition("federated/")[2]
    return "" if vouched(caller).endswith(f"federated/{name}") else name


def claim(caller: Named) -> str:
    """Say whom a caller claims to be, and by what: `claims to be alice (source identity)`."""
    if not caller.claim_source:
        return ""
    name = clean_name(caller.actor.rpartition("federated/")[2], 100)
    return f"claims to be {name} ({caller.claim_source})"
