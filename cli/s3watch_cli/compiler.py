"""A rules folder made into one Ruleset, with everything that is wrong with it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import msgspec
import yaml
from s3watch import globs
from s3watch.posture import review_rules
from s3watch.ruleset import Label, Ruleset

from s3watch_cli.event_pattern import LIMIT, longest_pattern
from s3watch_cli.lint.checks import lint
from s3watch_cli.rules.catalogue_file import Catalogue, read_catalogue
from s3watch_cli.rules.diagnostics import Findings, nearest
from s3watch_cli.rules.exceptions_file import read_exceptions
from s3watch_cli.rules.located_yaml import Document, read_yaml
from s3watch_cli.rules.object_patterns import ObjectPattern
from s3watch_cli.rules.sigma_rules import Rule, read_rule

RULE_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
CATALOGUE, EXCEPTIONS, STAGING = "catalogue.yaml", "exceptions.yaml", "staging.yaml"
YAML = (".yml", ".yaml")


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the rules are compiled for: the buckets deployed, and the template they are deployed with."""

    watched: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Path | None = None


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rules folder as compiled, with what its files look like."""

    ruleset: Ruleset
    rules: tuple[Rule, ...]
    catalogue: Catalogue
    catalogue_path: str


def compile_folder(
    folder: Path,
    today: date,
    findings: Findings,
    *,
    deployment: Deployment | None = None,
    catalogue: Path | None = None,
) -> Compiled:
    """Compile a folder; only what its findings hold no mistake about is to be used.

    `catalogue` is read instead of the folder's own; with a `deployment` both are held against each other.
    """
    sources = _Sources(findings)
    _check_top(folder, findings)
    rules = _read_rules(folder, sources, findings)
    path = catalogue or folder / CATALOGUE
    entries = read_catalogue(sources.read(path), findings)
    buckets = entries.buckets
    if deployment:
        buckets = _match_deployment(entries, path, deployment, findings)
    labels = [label.name for label in entries.labels]
    for rule in rules:
        lint(rule, labels, findings)
    names = [*(file.stem for file in _rule_files(folder)), *review_rules.DETECTIONS]
    exceptions = read_exceptions(sources.read(folder / EXCEPTIONS), names, today, findings, entries.account)
    _check_staging(sources.read(folder / STAGING), findings)
    ruleset = msgspec.structs.replace(
        entries.ruleset(),
        buckets=buckets,
        detections=tuple(rule.detection for rule in rules),
        exceptions=exceptions,
        digest=sources.digest(folder, buckets),
    )
    return Compiled(ruleset, tuple(rules), entries, str(path))


class _Sources:
    """The files of a compilation, each read once."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.contents: dict[Path, bytes] = {}

    def read(self, path: Path) -> Document:
        """Read a YAML file; an absent or unreadable one is an empty document."""
        try:
            self.contents[path] = path.read_bytes()
        except FileNotFoundError:
            return Document(str(path), None)
        except OSError as error:
            self.findings.refuse(str(path), 1, f"can not be read: {error.strerror}")
            return Document(str(path), None)
        return read_yaml(str(path), self.contents[path], self.findings) or Document(str(path), None)

    def digest(self, folder: Path, buckets: Iterable[str]) -> str:
        """SHA-256 of what the result was made of, wherever the folder lies."""
        digest = hashlib.sha256()
        names = {
            (path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)).as_posix(): path
            for path in self.contents
        }
        for name in sorted(names):
            content = self.contents[names[name]]
            digest.update(f"{name}\n{len(content)}\n".encode() + content)
        digest.update(",".join(buckets).encode())
        return digest.hexdigest()


def _check_top(folder: Path, findings: Findings) -> None:
    """Find files that nobody reads because of how they are called."""
    read = (CATALOGUE, EXCEPTIONS, STAGING, "tags.lock.yaml")
    for path in sorted(folder.glob("*.y*ml")):
        if path.name in read or path.suffix not in YAML:
            continue
        meant = nearest(path.with_suffix(".yaml").name, read)
        mend = f"rename it to {meant}" if meant else "detections belong in detections/"
        findings.refuse(str(path), 1, f"{path.name} is read by nobody", mend)


def _rule_files(folder: Path) -> list[Path]:
    return sorted(
        path for path in (folder / "detections").rglob("*") if path.suffix in YAML and path.is_file()
    )


def _read_rules(folder: Path, sources: _Sources, findings: Findings) -> list[Rule]:
    rules: dict[str, Rule] = {}
    ids: dict[str, str] = {}
    seen: dict[str, Path] = {}
    for path in _rule_files(folder):
        name = path.stem
        if not RULE_NAME.fullmatch(name):
            findings.refuse(str(path), 1, f"`{name}` is no name of a rule", "use a-z, 0-9 and single hyphens")
        if name in seen:
            findings.refuse(
                str(path), 1, f"a second rule `{name}`, after {seen[name]}", "give each its own name"
            )
        seen.setdefault(name, path)
        before = len(findings.mistakes)
        document = sources.read(path)
        unread = document.value is None and len(findings.mistakes) > before
        rule = None if unread else read_rule(name, document, findings)
        if rule:
            rules.setdefault(name, rule)
            _check_id(rule, ids, findings)
    if not seen:
        findings.doubt(
            str(folder / "detections"), 1, "no detections", "put Sigma rules there, one `.yml` each"
        )
    return [rules[name] for name in sorted(rules)]


def _check_id(rule: Rule, ids: dict[str, str], findings: Findings) -> None:
    document, own = rule.document, rule.detection.id
    if own in ids:
        what = f"the id of {ids[own]} again"
        findings.refuse(document.path, document.line("id"), what, "write another UUID, or leave the line out")
    if own:
        ids.setdefault(own, document.path)


def _check_staging(document: Document, findings: Findings) -> None:
    if document.value:
        findings.refuse(
            document.path,
            1,
            "rules on trial are not supported yet",
            "move the rule out of detections/, or remove the entry",
        )


def _match_deployment(
    catalogue: Catalogue, path: Path, deployment: Deployment, findings: Findings
) -> tuple[str, ...]:
    """Hold the catalogue against the watched buckets, of which one without an entry becomes one."""
    _check_watched(catalogue, path, deployment.watched, findings)
    _check_pattern(path, deployment, findings)
    buckets = tuple(sorted({*catalogue.buckets, *deployment.watched}))
    named = [globs.compile_glob(pattern.bucket) for pattern, _ in catalogue.objects]
    for bucket in sorted(deployment.watched):
        if not any(test(bucket) for test in named):
            catalogue.add(Label(bucket), [ObjectPattern(bucket, "*")])
    return buckets


def _check_watched(catalogue: Catalogue, path: Path, watched: Iterable[str], findings: Findings) -> None:
    watched = set(watched)
    for pattern, _ in catalogue.objects:
        line = catalogue.lines[pattern.bucket]
        if not pattern.wild and pattern.bucket not in watched:
            instead = "run `s3watch buckets --write`, which puts it into WatchedBuckets"
            findings.refuse(str(path), line, f"the bucket `{pattern.bucket}` is not watched", instead)
        elif pattern.wild and not any(map(globs.compile_glob(pattern.bucket), watched)):
            findings.doubt(
                str(path), line, f"no watched bucket is called like `{pattern.bucket}`", "watch one"
            )


def _check_pattern(path: Path, deployment: Deployment, findings: Findings) -> None:
    if deployment.template is None or not deployment.template.is_file():
        return
    parameters = {**deployment.parameters, "WatchedBuckets": ",".join(deployment.watched)}
    try:
        length = longest_pattern(deployment.template, parameters)
    except (OSError, ValueError, yaml.YAMLError) as error:
        findings.doubt(str(deployment.template), 1, f"its event patterns were not measured: {error}")
        return
    if length > LIMIT:
        what = f"an event pattern of {length} characters, of which EventBridge takes {LIMIT}"
        instead = "deploy with FilterByBucket=false, or watch fewer buckets in this stack"
        findings.refuse(str(path), 1, f"{len(deployment.watched)} buckets make {what}", instead)
