"""Compiles a rules folder to one Ruleset, and collects all mistakes and warnings."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
from s3watch.detection.answerable import asks_for_ranges
from s3watch.detection.catalogue import Catalogue as Lookup
from s3watch.facts.origin import autonomous_systems
from s3watch.globs import literal_prefix
from s3watch.posture import review_rules
from s3watch.ruleset import AwsRanges, Deployed, Detection, Ruleset
from s3watch.watched import add_watched

from s3watch_cli.aws_ranges import ranges_file
from s3watch_cli.deployment import Deployment
from s3watch_cli.deployment_checks import check_deployments
from s3watch_cli.lint.checks import lint
from s3watch_cli.rules.catalogue_file import Catalogue, read_catalogue
from s3watch_cli.rules.correlation_rules import resolve
from s3watch_cli.rules.diagnostics import Diagnostics, nearest
from s3watch_cli.rules.entries import Entry
from s3watch_cli.rules.exceptions_file import read_exceptions
from s3watch_cli.rules.located_yaml import Document, read_yaml
from s3watch_cli.rules.sigma_rules import Rule, read_rule
from s3watch_cli.rules.staging_file import read_staging

RULE_NAME = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")
CATALOGUE, EXCEPTIONS, STAGING = "catalogue.yaml", "exceptions.yaml", "staging.yaml"
YAML = (".yml", ".yaml")
ENTRY = "`- {name: payroll, match: s3://hr-data/payroll/*}`"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled rules folder, with the catalogue and the exceptions that it was compiled from."""

    ruleset: Ruleset
    catalogue: Catalogue
    catalogue_path: str
    exceptions: Document  # a list; each of its entries is one of the ruleset's


def today() -> date:
    """Return the current date in UTC, which decides whether an exception has ended."""
    return datetime.now(UTC).date()


def compile_folder(
    folder: Path,
    today: date,  # in UTC
    diagnostics: Diagnostics,
    *,
    deployments: Sequence[Deployment] = (),
    catalogue: Path | None = None,
) -> Compiled:
    """Compile a folder; the result is usable only if `diagnostics` has no mistakes.

    `catalogue` is read instead of the folder's own. With `deployments`, the catalogue is checked against all
    of them together: the rules are the same in each.
    """
    sources = _Sources(diagnostics)
    _check_top(folder, diagnostics)
    rules = _read_rules(folder, sources, diagnostics)
    path = catalogue or folder / CATALOGUE
    entries = read_catalogue(sources.read(path), diagnostics)
    catalogued = entries.ruleset()
    watched = sorted({bucket for one in deployments for bucket in one.watched})
    if deployments:
        check_deployments(entries, str(path), deployments, diagnostics)
        catalogued = add_watched(catalogued, watched)
    labels = [label.name for label in catalogued.labels]
    for rule in rules:
        lint(rule, labels, diagnostics)
    names = [file.stem for file in _rule_files(folder)]
    silenceable = [*names, *review_rules.DETECTIONS]
    excepted = sources.read(folder / EXCEPTIONS)
    exceptions = read_exceptions(excepted, silenceable, today, diagnostics)
    staged = read_staging(sources.read(folder / STAGING), names, today, diagnostics)
    buckets = tuple(sorted({*catalogued.buckets, *watched}))
    detections = _resolved(rules, diagnostics)
    _check_systems(folder / autonomous_systems.FILE, sources)
    ruleset = msgspec.structs.replace(
        catalogued,
        buckets=buckets,
        detections=detections,
        aws_ranges=_read_ranges(folder, detections, sources),
        exceptions=exceptions,
        staged=staged,
        deployments=tuple(Deployed(one.region, one.watched) for one in deployments),
        digest=sources.digest(folder, buckets),
    )
    return Compiled(ruleset, entries, str(path), excepted)


def _read_ranges(folder: Path, detections: Iterable[Detection], sources: _Sources) -> AwsRanges | None:
    """Read aws-ranges.json if a detection asks for it and it is there."""
    path = folder / ranges_file.FILE
    content = sources.read_bytes(path) if any(map(asks_for_ranges, detections)) else None
    try:
        return ranges_file.read(content).compiled() if content is not None else None
    except ValueError as error:
        what = f"these are not AWS's address ranges as s3watch writes them: {error}"
        sources.diagnostics.refuse(str(path), 1, what, f"write them: {ranges_file.COMMAND}")
        return None


def _check_systems(path: Path, sources: _Sources) -> None:
    """Refuse a database of autonomous systems that is broken, or another one, which no alert would show."""
    fault = autonomous_systems.find_fault(str(path)) if sources.read_bytes(path) is not None else ""
    if fault:
        what = f"this is no database of autonomous systems (MMDB): {fault}"
        sources.diagnostics.refuse(str(path), 1, what, "get one such as GeoLite2-ASN, or delete it")


def _resolved(rules: Sequence[Rule], diagnostics: Diagnostics) -> tuple[Detection, ...]:
    documents = [
        (rule.detection, Entry(rule.document, diagnostics, (), rule.document.value)) for rule in rules
    ]
    return resolve([rule.detection for rule in rules], documents)


def check_catalogue(compiled: Compiled, diagnostics: Diagnostics) -> None:
    """Report a catalogue that is not there, and one that names nothing, where one is built or read."""
    path, instead = compiled.catalogue_path, f"write what is sensitive: {ENTRY}"
    if not os.path.lexists(path):
        diagnostics.refuse(path, 1, "the catalogue is missing", instead)
    elif not compiled.catalogue.labels and not diagnostics.mistakes:
        diagnostics.warn(path, 1, "no entries: nothing has a label, an owner or expected principals", instead)
    if compiled.catalogue.decoys and not diagnostics.mistakes:
        _check_decoys(compiled, diagnostics)


def _check_decoys(compiled: Compiled, diagnostics: Diagnostics) -> None:
    """Report decoys that no detection asks for, and those with all that another entry names within them."""
    path, catalogue = compiled.catalogue_path, compiled.catalogue
    asked = any("s3.decoy" in each.fields for each in compiled.ruleset.detections)
    for line in () if asked else catalogue.decoys.values():
        what = "no detection asks for `s3.decoy`, so that this decoy alerts on few accesses"
        diagnostics.warn(path, line, what, "restore detections/decoy-touched.yml")
    lookup, within = Lookup(compiled.ruleset), dict[tuple[str, str], None]()
    for pattern, index in catalogue.objects:
        label = catalogue.labels[index]
        if not pattern.wild and not label.is_decoy:
            around = lookup.of_prefix(pattern.bucket, literal_prefix(pattern.key))
            within |= dict.fromkeys((decoy.name, label.name) for decoy in around if decoy.is_decoy)
    for decoy, name in within:
        what = f"`{name}` names what is within this decoy, so that whoever it expects alerts, too"
        diagnostics.warn(path, catalogue.decoys[decoy], what, "narrow `match` to what nobody needs")


class _Sources:
    """Reads the files of a compilation, each once."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics
        self.contents: dict[Path, bytes] = {}

    def read(self, path: Path) -> Document:
        """Read a YAML file; a missing or unreadable file is an empty document."""
        content = self.read_bytes(path)
        found = None if content is None else read_yaml(str(path), content, self.diagnostics)
        return found or Document(str(path), None)

    def read_bytes(self, path: Path) -> bytes | None:
        """Read any file; None if it is missing or unreadable."""
        try:
            return self.contents.setdefault(path, path.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            self.diagnostics.refuse(str(path), 1, f"cannot be read: {error.strerror}")
            return None

    def digest(self, folder: Path, buckets: Iterable[str]) -> str:
        """Return the SHA-256, in hex, of the buckets and of all files, wherever the folder lies."""
        digest = hashlib.sha256()
        names = {
            (path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)).as_posix(): path
            for path in self.contents
        }
        for name in sorted(names):
            content = self.contents[names[name]]
            digest.update(os.fsencode(f"{name}\n{len(content)}\n") + content)
        digest.update(",".join(buckets).encode())
        return digest.hexdigest()


def _check_top(folder: Path, diagnostics: Diagnostics) -> None:
    """Report files that are never read because of their names."""
    read = (CATALOGUE, EXCEPTIONS, STAGING)
    for path in sorted(folder.glob("*.y*ml")):
        if path.name in read or path.suffix not in YAML:
            continue
        meant = nearest(path.with_suffix(".yaml").name, read)
        instead = f"rename it to {meant}" if meant else "detections belong in detections/"
        diagnostics.refuse(str(path), 1, f"`{path.name}` is not a file that s3watch reads", instead)


def _rule_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "detections").rglob("*") if path.suffix in YAML)


def _read_rules(folder: Path, sources: _Sources, diagnostics: Diagnostics) -> list[Rule]:
    rules: dict[str, Rule] = {}
    ids: dict[str, str] = {}
    seen: dict[str, Path] = {}
    for path in _rule_files(folder):
        name = path.stem
        if not RULE_NAME.fullmatch(name):
            diagnostics.refuse(
                str(path), 1, f"`{name}` is not a valid rule name", "use a-z, 0-9 and single hyphens"
            )
        if name in seen:
            diagnostics.refuse(
                str(path),
                1,
                f"duplicate rule name `{name}`, first used by {seen[name]}",
                "give each rule its own",
            )
        seen.setdefault(name, path)
        before = len(diagnostics.mistakes)
        document = sources.read(path)
        unread = document.value is None and len(diagnostics.mistakes) > before
        rule = None if unread else read_rule(name, document, diagnostics)
        if rule:
            rules.setdefault(name, rule)
            _check_id(rule, ids, diagnostics)
    if not seen:
        diagnostics.warn(
            str(folder / "detections"), 1, "no detections", "add Sigma rules, each in its own `.yml` file"
        )
    return [rules[name] for name in sorted(rules)]


def _check_id(rule: Rule, ids: dict[str, str], diagnostics: Diagnostics) -> None:
    document, own = rule.document, rule.detection.id
    if own in ids:
        what = f"duplicate id, first used by {ids[own]}"
        diagnostics.refuse(document.path, document.line("id"), what, "write another UUID, or remove the line")
    if own:
        ids.setdefault(own, document.path)
