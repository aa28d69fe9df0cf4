"""Generates docs/rules.md from the detections. Run by `make generate`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from textwrap import fill

import typer
from s3watch.ruleset import Detection, Step, When

from s3watch_cli.compiler import compile_folder, today
from s3watch_cli.generate.pack_overview import overview
from s3watch_cli.output import note
from s3watch_cli.rules.diagnostics import Diagnostics

WIDTH = 110
CONDITIONS: dict[When, str] = {
    "credentials": "caller of this account",
    "link": "presigned URL",
    "root": "the root user",
    "other-account": "caller of another account",
    "anonymous": "anonymous caller",
    "service": "AWS service",
    "keys-unknown": "objects not named",
}
INTRODUCTION = """\
# The starter pack

<!-- Written from rules/detections by `make generate`; a test fails when it is stale. -->

These detections come with s3watch. Each is one Sigma file in [rules/detections](../rules/detections), has its
hits and near misses in [rules/tests](../rules/tests), and is yours to change. An alert has the higher of the
detection's level and the severity of the object's label; for denied access and for listings, the detection's
level. What is low or informational interrupts nobody: mail and chat have it in one digest a day, at 7:00 UTC.

*Expected* means expected by [the catalogue](../rules/catalogue.yaml): if an entry has no `expected`, every
access is unexpected. A change of a bucket itself is expected if every entry of its objects expects it, by
`do: permission`, `protection`, `configuration` or `delete`; what opens a bucket, turns protection off or
destroys is reported whoever does it. A *sensitive bucket* holds labelled objects, or is watched without an
entry. The rules on public access and on trails look at every bucket and trail whose events arrive.

*What to do* is the rule's `respond`: the next steps in the alert, at most three. A step that is not true of
every alert has a condition, as in `- {when: credentials, do: "Stop the caller: revoke its sessions."}`:

| `when` | the step is shown if |
| --- | --- |
| `credentials` | the caller used credentials of the bucket owner's account, which can be revoked |
| `link` | a presigned URL was used: by whoever has it, not by whoever signed it |
| `root` | the caller is the root user of that account |
| `other-account` | the caller belongs to another account |
| `anonymous` | the caller had no credentials |
| `service` | the caller is an AWS service |
| `keys-unknown` | the record of a batch delete does not name its objects |

The first six exclude each other. A rule with steps for `credentials` needs none for the other five: where it
has none, general ones take their place, such as turning on Block Public Access for an anonymous caller.

A step about what was deleted or replaced may say something else where an alert knows what became of it:
`kept`, if the bucket keeps it as a version, and `lost`, if the bucket keeps no versions or the request
deleted one for good. Of several deletes some may have been of versions, so that these are never only `kept`.

```yaml
- do: "Restore the object: remove the delete marker, or use a backup."
  kept: "Restore the object: remove the delete marker."
  lost: "Restore the object from a backup or replica."
```

What the pack leaves out, and why:

- **Looking** (HeadObject, GetObjectAcl) by someone who is not expected, as long as it succeeds. Every
  `aws s3 cp` looks before it reads. To be alerted, add a rule on `s3.operation: inspect`.
- **Macie and AWS Backup** that read and list: they look, or keep what they read where you told them to. That
  somebody copies a backup elsewhere is a call to Backup, which s3watch does not receive.
- **Missing objects.** A request for a key that does not exist touches nothing.
- **Amounts of what applications may do.** Of whoever is not expected, 25 objects an hour are many, and of a
  person 250; how many are too many for an application is yours to say, in a correlation (below).
- **Settings that open or destroy nothing on their own**, such as CORS, websites and notifications, if the
  catalogue expects whoever changes them. How a bucket is measured, billed, tagged and accelerated alerts
  nobody. Tags only decide who gets in under attribute-based access control; turning that on is reported.
- **What no record shows**: failed signatures, deletes by lifecycle rules, and what a setting was before it
  was changed. Rare changes that may weaken something are all reported.
  [channels.md](channels.md) has each way to the data, with what sees it, and the ways that nobody sees.

Decoys are excepted from the first two: whatever touches one is reported.

## Decoys

An object that nobody needs finds out who looks around. It is an entry of the catalogue:

```yaml
- name: payroll bait
  match: s3://hr-data/payroll/2026/passwords.csv
  owner: hr-security@example.com
  decoy: true
```

- Any access by anybody is a hit of [decoy-touched](#decoy-touched): critical, at once, whether it succeeds,
  is denied or finds nothing. The message names the decoy.
- A decoy expects nobody and is critical, so that `expected` and `severity` change nothing. It comes before
  the other labels of its objects, whomever those expect. An exception of another detection does not reach it.
- Backup, replication, Macie, inventories and other things of yours that go through every object touch it too.
  Except each by its role in exceptions.yaml, for `decoy-touched` and what else its message lists.
- A listing touches a decoy if its prefix, taken as a key, is one: `payroll/bait/` and below for
  `s3://hr-data/payroll/bait/*`, and any prefix where the whole bucket is one. To list the folder around it is
  no touch, nor are calls on the settings of its bucket, nor a batch delete whose keys are not known.
- Put the object there before its entry is deployed: to write it is a touch. It need not exist, though:
  whoever asks for it by its name touches it.
- `s3.decoy` is a fact for your own rules, too, such as `filter: {s3.decoy: true}` in one that a correlation
  counts.

## First seen

A rule may ask what is new about an access, besides what it asks of the access itself:

```yaml
detection:
  access: {s3.label: payroll, s3.outcome: success}
  new: {s3.first_seen: true}
  condition: access and new
```

`s3.first_seen` is about actor and label, `s3.new_network` about actor and country or VPC endpoint,
`s3.new_client` about actor and program, each in the 90 days before; `s3.last_seen_days` says how long ago the
actor last came to the label. Alerts say all of it, whether a rule asks or not.

- What is remembered are accesses that any detection matches, those of `signal: true` and excepted ones too.
  To have all accesses to a label remembered, expected ones too, write a detection of them with
  `signal: true`.
- Accesses within six hours (UTC, from 0, 6, 12 and 18 o'clock) are one visit: none of them makes another
  look like one seen before, nor does a second record of it. Event time counts.
- Two weeks long it learns: until then, and for callers that are not known, the facts are absent. In a case of
  a test, `history` has the events before, in the form of `events`, and there is no learning.
- An actor is the person that AWS vouches for, else the principal: who may choose a name is known by whoever
  gave it the right to. Of a batch, 300 labels, networks and clients are compared.

## Where credentials belong

Credentials of a workload's role are used in AWS, so that one who uses them elsewhere has probably taken them.
[workload-credentials-elsewhere](#workload-credentials-elsewhere) finds that, by two facts:

- `s3.workload_role` is the kind of workload that they were made for (`ec2`, `lambda`, `ecs`, ...), as
  CloudTrail says, else `ec2` if the session is named like an instance. Of a role that such a workload assumed
  in turn it says nothing; messages do, in the row `Assumed by`.
- `s3.outside_aws` is whether the address is neither in AWS's published ranges nor in your own. Of private
  addresses, endpoints and AWS's services it is false; if a public address came by an endpoint that may be
  the caller's, it is absent.

AWS's ranges are in aws-ranges.json in the rules folder, which you write, and write again every month or two,
since AWS adds some:

```console
curl -s https://ip-ranges.amazonaws.com/ip-ranges.json | s3watch aws-ranges - --write
```

AWS does not publish addresses that you brought along (BYOIP). Write these into the file, and those from which
your own workloads reach S3 by a proxy or a gateway of yours: `"own": ["198.51.100.0/24"]`. Without the file
no detection that asks for `s3.outside_aws` alerts, and the build says which these are. Tests use
rules/tests/aws-ranges.json.

With the file, whoever is expected is looked at too, so that `EventScope=unexpected` passes all calls on
labelled objects, and each of them costs an event.

## Names of accounts

The number of an account says little, and no record has its name. What you call accounts, yours and your
partners', is data of the catalogue:

```yaml
accounts: {"111122223333": hr-prod, "444455556666": partner Acme}
objects:
  - name: payroll
    match: s3://hr-data/payroll/*
```

Wherever the rows of a message, `s3watch show` or an OCSF finding have such a number, the name is behind it:
`account 444455556666 (partner Acme)`. It is what the catalogue said when the access was found. Callers cannot
choose it, and it decides nothing: rules and `expected` go by the number.

## Networks of addresses

Whose network an address is in often says more than its country: a mobile carrier, a hosting company. Put a
database of autonomous systems into the rules folder, as asn.mmdb, and messages say it (row `From`:
`198.51.100.7 (registered in NL, AS64500 "Example Net")`), as `s3watch show` and OCSF findings
(`src_endpoint.autonomous_system`) do. GeoLite2-ASN, DB-IP's ASN Lite and IPinfo Lite are such databases, in
the format MMDB. Each has its own licence, which may require that you name where it is from, renew it, and do
not publish it with your rules.

The build stops if the file is another one or cannot be read, and puts it beside the compiled rules. It is
read there, for what rules have matched, so that nobody is asked about an address. Rules cannot ask for it,
and what is new about an access goes by the country.

## Correlations

A rule may count what other rules find, as a
[Sigma correlation](https://sigmahq.io/sigma-specification/specification/sigma-correlation-rules-specification.html)
in a file of its own:

```yaml
title: Many payroll objects deleted by one caller
level: critical
correlation:
  type: value_count
  rules: [unexpected-delete]
  group-by: [s3.accountable]
  timespan: 1h
  condition: {field: s3.key, gte: 100}
```

| type | what has to be there within `timespan` |
| --- | --- |
| `event_count` | so many accesses that any of `rules` finds |
| `value_count` | so many different values of `field` |
| `value_sum` | values of `field` (`s3.bytes_out`) that add up to so much |
| `temporal` | accesses of all `rules`, or of so many |
| `temporal_ordered` | the same, one after another |

- `condition` knows `gte` and `gt`: that there is too little cannot be told before the time is over.
- Group by what a caller cannot choose: `s3.accountable` rather than `s3.actor` (a source identity),
  `s3.principal` (the name of a federated user) or `userAgent`. Beyond a thousand groups in a batch, the rest
  counts as one.
- An access without a value of a `group-by` field is not counted. `aliases` name a field that rules call
  differently. `rules` are named by their files, by `name` or by `id`; they may be correlations, once.
- Event time counts, so that what arrives late or in another order counts the same. Windows move by a twelfth
  of `timespan` and fall short of it by less than that; within `timespan`, a correlation is a hit once.
- An access counts once, whichever way its records come, if these agree on the fields it is grouped by. Of a
  batch delete, as many objects count as an alert keeps (250 at most). Text in `value_sum` counts nothing, and
  order is known to a 720th of `timespan`. Beyond a thousand accesses or values in a twelfth of
  `timespan`, copies are not recognized.
- What is counted goes on alerting by itself, unless the correlation says `generate: false`; a detection with
  `signal: true` is only counted. Hits that an exception silences are counted, too, and those on trial.

## Trials

A detection listed in [staging.yaml](../rules/staging.yaml), with `since` and `owner`, is on trial: what it
finds is counted and feeds correlations, but alerts nobody. Other detections of the same access still alert,
without it. With `until` it alerts like any other from that day on. `s3watch promote RULE` shows what it would
have told, day by day, and with `--write` ends the trial.
"""


def render(detections: Iterable[Detection]) -> str:
    """Return the page: all detections by what they are for, then a section for each by name."""
    rules = sorted(detections, key=lambda rule: rule.rule)
    parts = [INTRODUCTION, *overview(rules), *(line for rule in rules for line in _section(rule))]
    return "\n".join(parts) + "\n"


def _section(rule: Detection) -> Iterator[str]:
    yield f"\n## {rule.rule}\n"
    yield f"**{rule.title}** ({rule.level})\n"
    yield _wrap(rule.why)
    yield from _list("May be harmless", [_wrap(text, "- ") for text in rule.false_positives])
    yield from _list("What to do", [_wrap(_advice(step), "- ") for step in rule.respond])
    yield from _list("References", [f"- <{url}>" for url in rule.references])
    yield f"\nSource: [rule](../rules/detections/{rule.rule}.yml), [tests](../rules/tests/{rule.rule}.yml)"


def _advice(step: Step) -> str:
    told = f"*{CONDITIONS[step.when]}*: {step.do}" if step.when else step.do
    others = {"kept": step.kept, "lost": step.lost}
    return " ".join([told, *(f"*{word}*: {text}" for word, text in others.items() if text)])


def _list(heading: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield f"\n{heading}:\n"
        yield from items


def _wrap(text: str, bullet: str = "") -> str:
    indent = " " * len(bullet)
    return fill(text, WIDTH, initial_indent=bullet, subsequent_indent=indent, break_on_hyphens=False)


def write(rules_dir: Path = Path("rules"), page: Path = Path("docs/rules.md")) -> None:
    """Write the page of a rules folder; if the folder has mistakes, print them and keep the old page."""
    diagnostics = Diagnostics()
    compiled = compile_folder(rules_dir, today(), diagnostics)
    for mistake in diagnostics.mistakes:
        note(str(mistake))
    if diagnostics.mistakes:
        raise typer.Exit(1)
    page.write_text(render(compiled.ruleset.detections), encoding="utf-8")


if __name__ == "__main__":
    typer.run(write)
