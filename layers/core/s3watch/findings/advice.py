"""The next steps for each kind of finding, and how to suppress a finding in each service."""

from __future__ import annotations

from s3watch.findings.finding import Finding, Kind, Service

_STEPS: dict[Kind, tuple[str, str, str]] = {
    "threat": (
        "Ask the person, or the role's owner, whether this was intended.",
        "If not: disable the access key, or revoke the role's sessions.",
        "Search for what else was accessed in the hours around it, and rotate any secrets in it.",
    ),
    "sequence": (
        "Treat it as a compromise: revoke the sessions and disable the keys named here now.",
        "Contain it: block public access, and deny the principal in the bucket policy.",
        "Preserve the trail's log files, then review the signals in the console one by one.",
    ),
    "policy": (
        "Ask the person who changed it whether this was intended.",
        "If not: restore the protection, and revoke the sessions of whoever removed it.",
        "Search for who has read from the bucket since then.",
    ),
    "malware": (
        "Stop others from downloading the object: move it, or deny reads by its tag.",
        "Find out who uploaded it and who has read it since.",
        "Scan the systems of those readers, and replace the object with a clean copy.",
    ),
    "unscanned": (
        "Allow GuardDuty's role to use the bucket, the object and its KMS key.",
        "Check whether the bucket policy denies the role, or whether someone removed its access.",
        "Then have these objects scanned: copy each onto itself.",
    ),
    "sensitive": (
        "Ask the owner whether such data belongs there.",
        "If so: add the objects to rules/catalogue.yaml with who is expected to access them.",
        "If not: remove them and their versions, and search for who has read them.",
    ),
    "exposure": (
        "Ask the owner whether this access from outside is intended.",
        "If not: turn on Block Public Access, and remove the grant from the policy or ACL.",
        "Search for access from outside since it was granted.",
    ),
    "internal": (
        "Ask the owner whether these principals need access to the bucket.",
        "If not: restrict the bucket policy or their own policies.",
        "Search for whether they have ever used it.",
    ),
    "logging": (
        "Turn on server access logging to a separate bucket.",
        "Until then, failed signatures and website requests leave no record.",
        "Check whether someone turned it off: search for PutBucketLogging.",
    ),
    "unanalyzed": (
        "Allow Access Analyzer to read the bucket: check whether the bucket policy denies it.",
        "Until then, review by hand who has access: policy, ACL, access points.",
        "If the error persists, contact AWS Support with the finding's id.",
    ),
}
_SUPPRESSION: dict[Service, str] = {
    "GuardDuty": "In GuardDuty: archive it, or create a suppression rule for its type.",
    "Macie": "In Macie: archive it, or create a suppression rule; put harmless text on an allow list.",
    "Trusted Advisor": "In Trusted Advisor: exclude the bucket from the check.",
    "IAM Access Analyzer": "In IAM Access Analyzer: archive it, or create an archive rule for such access.",
}


def steps(finding: Finding) -> list[str]:
    """Return three next steps, or one line saying that a closed finding needs none."""
    if finding.is_closed:
        return [f"Nothing: {finding.service} reports it as {finding.state}; check that this was intended."]
    return list(_STEPS[finding.kind])


def how_to_suppress(finding: Finding) -> str:
    """Return how to suppress the finding in its own service; our exceptions cover accesses only."""
    return _SUPPRESSION[finding.service]
