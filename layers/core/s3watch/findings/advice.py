"""The next steps for each kind of finding, and how to suppress a finding in each service."""

from __future__ import annotations

from s3watch.findings.finding import Finding, Kind, Service
from s3watch.ruleset import Step

_STEPS: dict[Kind, tuple[Step, ...]] = {
    "threat": (
        Step("Ask the person, or the role's owner, whether this was intended.", "credentials"),
        Step("If not: disable the access key, or revoke the role's sessions.", "credentials"),
        Step("Search for what else was accessed in the hours around it, and rotate any secrets in it."),
    ),
    "credentials": (
        Step("Revoke the role's sessions, or disable the key: both reach what is sensitive.", "credentials"),
        Step("Search for what it has read here since the finding's first call."),
        Step("Find where the credentials leaked: instance, function, build or person."),
    ),
    "sequence": (
        Step(
            "Treat it as a compromise: revoke the caller's sessions and disable its keys now.", "credentials"
        ),
        Step("Treat it as a compromise, and tell the owner of the account.", "other-account"),
        Step("Contain it: turn on Block Public Access, and deny the caller in the bucket policy."),
        Step("Preserve the trail's log files, then go through the signals in the console."),
    ),
    "policy": (
        Step("Ask whoever changed it whether this was intended.", "credentials"),
        Step("If it was not intended: restore the protection."),
        Step("Search for who has read from the bucket since then."),
    ),
    "malware": (
        Step("Stop others from downloading the object: move it, or deny reads by its tag."),
        Step("Find out who uploaded it and who has read it since."),
        Step("Scan the systems of those readers, and replace the object with a clean copy."),
    ),
    "unscanned": (
        Step("Allow GuardDuty's role to use the bucket, the object and its KMS key."),
        Step("Check whether the bucket policy denies the role, or whether someone removed its access."),
        Step("Then have these objects scanned: copy each onto itself."),
    ),
    "sensitive": (
        Step("Ask the owner whether such data belongs there."),
        Step("If so: add the objects to rules/catalogue.yaml, with who is expected to access them."),
        Step("If not: remove them and their versions, and search for who has read them."),
    ),
    "exposure": (
        Step("Ask the owner whether this access from outside is intended."),
        Step("If not: turn on Block Public Access, and remove the grant from the policy or ACL."),
        Step("Search for access from outside since it was granted."),
    ),
    "internal": (
        Step("Ask the owner whether these principals need access to the bucket."),
        Step("If not: restrict the bucket policy or their own policies."),
        Step("Check whether they have ever used it."),
    ),
    "logging": (
        Step("Turn on server access logging to a separate bucket."),
        Step("Until then, failed signatures and website requests leave no record."),
        Step("Check whether someone turned it off: search for PutBucketLogging."),
    ),
    "unanalyzed": (
        Step("Allow Access Analyzer to read the bucket: check whether the bucket policy denies it."),
        Step("Until then, review by hand who has access: policy, ACL, access points."),
        Step("If the error persists, contact AWS Support with the finding's id."),
    ),
}
_SUPPRESSION: dict[Service, str] = {
    "GuardDuty": "In GuardDuty: archive it, or create a suppression rule for its type.",
    "Macie": "In Macie: archive it, or create a suppression rule; put harmless text on an allow list.",
    "Trusted Advisor": "In Trusted Advisor: exclude the bucket from the check.",
    "IAM Access Analyzer": "In IAM Access Analyzer: archive it, or create an archive rule for such access.",
}


def steps(finding: Finding) -> tuple[Step, ...]:
    """Return three next steps, or one line saying that a closed finding needs none."""
    if finding.is_closed:
        return (
            Step(f"Nothing: {finding.service} reports it as {finding.state}; check that this was intended."),
        )
    return _STEPS[finding.kind]


def how_to_suppress(finding: Finding) -> str:
    """Return how to suppress the finding in its own service; our exceptions cover accesses only."""
    return _SUPPRESSION[finding.service]
