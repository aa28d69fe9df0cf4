"""The company: what is sensitive there, who works with it, and from where.

Example Health keeps personnel files, invoices, patients' records and the passports of its customers in S3. Its
catalogue is what its owners would write: applications and teams, and the roles that build the infrastructure,
but not what AWS's own services do for it, of which a rule has to know by itself.
"""

from __future__ import annotations

from dataclasses import replace

from s3watch.ruleset import AwsRanges

from benchmarks.year.calls import ACCOUNT, SDK, Caller

AUDITOR, PARTNER, STRANGER = "444455556666", "777788889999", "999988887777"
OFFICE, PIPELINE, ENDPOINT = "198.51.100.20", "203.0.113.200", "vpce-0a1b2c3d4e5f60718"
CONSOLE = "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.750 Linux/5.10 OpenJDK_64-Bit_Server_VM/25.412]"
BROWSER = (
    "[Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36]"
)
TERRAFORM = "[APN/1.0 HashiCorp/1.0 Terraform/1.9.8 terraform-provider-aws/5.80.0 aws-sdk-go-v2/1.32.5]"
LINKED = "aws-service-role/"

SENSITIVE = ("hr-data", "finance-exports", "customer-uploads", "clinical-lake", "app-secrets", "db-backups")
ORDINARY = ("web-assets", "ci-artifacts", "terraform-state", "data-scratch", "team-share", "app-cache")
LOGS = "trail-logs"

CATALOGUE = f"""\
account: "{ACCOUNT}"
sets:
  automation: [role/ci-terraform]
objects:
  - name: payroll
    match: s3://hr-data/payroll/*
    severity: high
    owner: hr@example.com
    expected:
      - {{principal: role/payroll-app, do: [read, write], network: {ENDPOINT}}}
      - {{principal: "role/AWSReservedSSO_HR_*", do: [read, write], network: anywhere}}
      - {{principal: role/backup, do: read, network: {ENDPOINT}}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: contracts
    match: s3://hr-data/contracts/*
    owner: hr@example.com
    expected:
      - {{principal: "role/AWSReservedSSO_HR_*", do: [read, write, delete], network: anywhere}}
      - {{principal: role/backup, do: read, network: {ENDPOINT}}}
      - {{principal: role/migration-contracts, do: [read, write, delete], network: anywhere}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: invoices
    match: s3://finance-exports
    severity: high
    owner: finance@example.com
    expected:
      - {{principal: role/ledger-exporter, do: [read, write, delete], network: {ENDPOINT}}}
      - {{principal: "role/AWSReservedSSO_Finance_*", do: read, network: anywhere}}
      - {{principal: "{AUDITOR}:role/auditor", do: read, network: anywhere}}
      - {{principal: role/backup, do: read, network: {ENDPOINT}}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: passports
    match: s3://customer-uploads/passports/*
    severity: critical
    owner: privacy@example.com
    expected:
      - {{principal: role/uploads-api, do: [read, write], network: anywhere}}
      - {{principal: role/uploads-scanner, do: read, network: {ENDPOINT}}}
      - {{principal: role/backup, do: read, network: {ENDPOINT}}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: patients
    match: [s3://clinical-lake/raw/*, s3://clinical-lake/curated/*]
    severity: high
    owner: privacy@example.com
    expected:
      - {{principal: role/etl-clinical, do: [read, write, delete], network: {ENDPOINT}}}
      - {{principal: "role/AWSReservedSSO_Analyst_*", do: read, network: anywhere}}
      - {{principal: role/datasync-clinical, do: [read, write], network: anywhere}}
      - {{principal: role/backup, do: read, network: {ENDPOINT}}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: credentials
    match: s3://app-secrets
    severity: critical
    owner: platform@example.com
    expected:
      - {{principal: [role/uploads-api, role/payroll-app, role/ledger-exporter], do: read, network: anywhere}}
      - {{principal: role/ci-deploy, do: [read, write], network: anywhere}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: backups
    match: s3://db-backups
    severity: high
    owner: platform@example.com
    expected:
      - {{principal: [role/backup, role/restore-test], do: [read, write, delete], network: {ENDPOINT}}}
      - {{principal: set/automation, do: [inspect, permission, protection, configuration], network: anywhere}}
  - name: old passwords
    match: s3://finance-exports/archive/2019-passwords.xlsx
    decoy: true
    owner: security@example.com
"""


def app(name: str, address: str = "10.0.1.15") -> Caller:
    """Return an application's role within the company's VPC."""
    return Caller(f"role/{name}", f"{name}-task", address, ENDPOINT)


def person(team: str, name: str, address: str = OFFICE, agent: str = CONSOLE) -> Caller:
    """Return a person of a team in their role of IAM Identity Center."""
    role = f"role/AWSReservedSSO_{team}_0123456789abcdef"
    path = "aws-reserved/sso.amazonaws.com/eu-west-1/"
    return Caller(role, f"{name}@example.com", address, agent=agent, path=path)


def linked(service: str, role: str) -> Caller:
    """Return the service-linked role by which an AWS service works for the account."""
    host = f"{service}.amazonaws.com"
    return Caller(f"role/{role}", service, host, agent=host, invoked_by=host, path=f"{LINKED}{host}/")


def at(caller: Caller, address: str, agent: str = "") -> Caller:
    """Return a caller with the same credentials elsewhere."""
    return replace(caller, address=address, endpoint="", agent=agent or caller.agent)


PAYROLL, SCANNER = app("payroll-app"), app("uploads-scanner", "10.0.2.40")
# An instance, after whose id AWS names the session
UPLOADS = replace(app("uploads-api", "10.0.2.21"), session="i-0f1e2d3c4b5a69788")
# What the owners wrote with `s3watch aws-ranges`, here with a documentation range: 198.51.100.192/26
RANGES = AwsRanges("2026-01-01-00-00-00", ((0xC63364C0, 0xC63364FF),))
LEDGER, ETL, BACKUP = (
    app("ledger-exporter", "10.0.3.7"),
    app("etl-clinical", "10.0.4.9"),
    app("backup", "10.0.5.2"),
)
RESTORE = app("restore-test", "10.0.5.3")
BUILD = Caller("role/ci-terraform", "GitHubActions", PIPELINE, agent=TERRAFORM)
DEPLOY = Caller("role/ci-deploy", "GitHubActions", "203.0.113.201", agent=SDK)
AUDIT = Caller(f"{AUDITOR}:role/auditor", "quarterly", "203.0.113.60")
CONFIG = linked("config", "AWSServiceRoleForConfig")
MACIE = linked("macie", "AWSServiceRoleForAmazonMacie")
ANALYZER = linked("access-analyzer", "AWSServiceRoleForAccessAnalyzer")
ADVISOR = linked("trustedadvisor", "AWSServiceRoleForTrustedAdvisor")
HUB = linked("securityhub", "AWSServiceRoleForSecurityHub")
REPLICATION = replace(linked("s3", "replication"), session="s3-replication", path="")
AWS_BACKUP = replace(
    linked("backup", "AWSBackupDefaultServiceRole"), session="AWSBackup", path="service-role/"
)
SCANNERS = tuple(
    Caller("anonymous", address=f"192.0.2.{n}", agent="[Mozilla/5.0 zgrab/0.x]") for n in range(1, 60)
)
