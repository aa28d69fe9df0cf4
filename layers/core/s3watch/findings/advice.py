"""What to do about a finding, by its kind, and how to hear no more of it, by its service."""

from __future__ import annotations

from s3watch.findings.finding import Finding, Kind, Service

_STEPS: dict[Kind, tuple[str, str, str]] = {
    "threat": (
        "Ask the person, or who owns the role, whether this was meant.",
        "If not: disable the access key, or revoke the role's sessions.",
        "Search what else was touched in the hours around it, and rotate what it held.",
    ),
    "sequence": (
        "Take it for a break-in: revoke the sessions and disable the keys named here now.",
        "Stop the loss: block public access, and deny the principal in the bucket's policy.",
        "Keep the trail's files, then read the signals in the console one by one.",
    ),
    "policy": (
        "Ask who changed it whether that was meant.",
        "If not: put the protection back, and revoke the sessions of who took it away.",
        "Search who read the bucket since then.",
    ),
    "malware": (
        "Keep others from fetching the object: move it, or deny reading it by its tag.",
        "Find out who uploaded it and who has read it since.",
        "Scan what these readers run, and replace the object by a clean copy.",
    ),
    "unscanned": (
        "Give GuardDuty's role what it needs: the bucket, the object and its KMS key.",
        "See whether the bucket's policy denies it, or whether somebody took it away.",
        "Then have these objects scanned: copy them onto themselves.",
    ),
    "sensitive": (
        "Ask the owner whether such data belongs there.",
        "If so: name the objects in rules/catalogue.yaml with who is expected to touch them.",
        "If not: remove them and their versions, and search who has read them.",
    ),
    "exposure": (
        "Ask the owner whether these others are meant to reach the bucket.",
        "If not: put Block Public Access on, and take the grant out of policy or ACL.",
        "Search who came from outside since it was given.",
    ),
    "internal": (
        "Ask the owner whether these principals need the bucket.",
        "If not: narrow the bucket's policy or theirs.",
        "Search whether they ever used it.",
    ),
    "logging": (
        "Turn on server access logging into a bucket of its own.",
        "Until then failed signatures and website requests leave no record.",
        "See whether somebody turned it off: search PutBucketLogging.",
    ),
    "unjudged": (
        "Let Access Analyzer read the bucket: see whether its policy denies the service.",
        "Until then judge by hand who can reach it: policy, ACL, access points.",
        "If the error stays, ask AWS Support with the finding's id.",
    ),
}
_SILENCING: dict[Service, str] = {
    "GuardDuty": "In GuardDuty: archive it, or make a suppression rule for its kind.",
    "Macie": "In Macie: archive it, or make a suppression rule; list harmless text as an allow list.",
    "Trusted Advisor": "In Trusted Advisor: exclude the bucket from the check.",
    "IAM Access Analyzer": "In IAM Access Analyzer: archive it, or make an archive rule for what is meant.",
}


def steps(finding: Finding) -> list[str]:
    """Say what to do, in three lines; of what is over, that nothing is left to do."""
    if finding.over:
        return [f"Nothing: {finding.service} says that it is {finding.state}; look whether that was you."]
    return list(_STEPS[finding.kind])


def silencing(finding: Finding) -> str:
    """Say where one is told no more of this: our own exceptions are about accesses."""
    return _SILENCING[finding.service]
