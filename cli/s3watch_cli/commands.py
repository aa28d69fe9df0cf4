"""What the commands do, once it is known which one was asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import typer
from s3watch.detection.matcher import ALWAYS, plan_report
from s3watch.errors import RuleError, SettingError
from s3watch.ruleset import Ruleset, dump

from s3watch_cli.compiler import CATALOGUE, Compiled, Deployment, compile_folder
from s3watch_cli.output import Format, note, show, write
from s3watch_cli.replay import Replayer, log_files
from s3watch_cli.rule_tests.runner import Verdict, check_names, run_tests
from s3watch_cli.rules.diagnostics import Findings, write_instead
from s3watch_cli.samconfig import read_parameters, write_watched

SAMCONFIG, TEMPLATE = "samconfig.toml", "template.yaml"


def compile_rules(
    rules_dir: Path, output: str, watched: str, config: Path | None, env: str, *, strict: bool, form: Format
) -> None:
    """Compile, write the artefact, and show how each detection is looked up."""
    findings = Findings()
    deployment = _deployment(rules_dir, watched, config, env)
    compiled = compile_folder(rules_dir, _today(), findings, deployment=deployment)
    _report(findings, strict=strict)
    content = dump(compiled.ruleset)
    if output == "-":
        write(content)
        return
    path = Path(output or rules_dir / "rules.json")
    part = path.with_name(f".{path.name}.part")  # so that a reader never meets half a file
    part.write_bytes(content)
    part.replace(path)
    show(_rows(compiled), form)
    _sum_up(compiled, path)


def _deployment(rules_dir: Path, watched: str, config: Path | None, env: str) -> Deployment | None:
    if not watched and not config:
        return None
    parameters = read_parameters(config, env) if config else {}
    buckets = [bucket.strip() for bucket in (watched or parameters.get("WatchedBuckets", "")).split(",")]
    if not any(buckets):
        raise SettingError(f"{config} sets no WatchedBuckets; run `s3watch buckets --write`")
    template = (config or rules_dir.resolve()).parent / TEMPLATE
    return Deployment(tuple(sorted({bucket for bucket in buckets if bucket})), parameters, template)


def _report(findings: Findings, *, strict: bool = False) -> None:
    """Write all warnings, then raise if there are mistakes."""
    if not strict:
        for warning in findings.sorted_warnings():
            note(str(replace(warning, what=f"warning: {warning.what}")))
    findings.raise_if_any(strict=strict)


def _rows(compiled: Compiled) -> Iterable[dict[str, Any]]:
    lookups = plan_report(compiled.ruleset)
    for detection in compiled.ruleset.detections:
        yield {"rule": detection.rule, "level": detection.level, "lookup": lookups[detection.rule]}


def _sum_up(compiled: Compiled, path: Path) -> None:
    ruleset = compiled.ruleset
    note(
        f"{len(ruleset.detections)} detections, {len(ruleset.labels)} catalogue entries in"
        f" {len(ruleset.buckets)} buckets, {len(ruleset.exceptions)} exceptions: {path}"
    )
    always = [row["rule"] for row in _rows(compiled) if row["lookup"] == ALWAYS]
    if always:
        note(f"tried on every access, as nothing narrows them down: {', '.join(always)}")
    for text, line in compiled.catalogue.slow:
        note(f"{compiled.catalogue_path}:{line}: `{text}` is no plain prefix: tried on every access")


def run_rule_tests(rules_dir: Path, only: list[str], *, form: Format) -> None:
    """Run the tests and show how each case came out; exits with 1 if one failed."""
    findings = Findings()
    detections = compile_folder(rules_dir, _today(), findings).ruleset.detections
    findings.raise_if_any()
    names = [detection.rule for detection in detections]
    for name in only:
        if name not in names:
            raise SettingError(f"no detection is called {name}; {write_instead(name, names)}")
    check_names(rules_dir, names, findings)
    chosen = [detection for detection in detections if not only or detection.rule in only]
    verdicts = list(run_tests(rules_dir, chosen, findings))
    findings.raise_if_any()
    show(map(_verdict_row, verdicts), form)
    counts = Counter(verdict.passed for verdict in verdicts)
    note(f"{counts[True]} passed, {counts[False]} failed, of {len(chosen)} detections")
    if counts[False]:
        raise typer.Exit(1)


def _verdict_row(verdict: Verdict) -> dict[str, Any]:
    row = asdict(verdict)
    return {"result": "passed" if row.pop("passed") else "failed", **row}


def list_buckets(rules_dir: Path, config: Path | None, env: str, *, write: bool, form: Format) -> None:
    """Show the catalogue's buckets, and write them into samconfig.toml if asked to."""
    findings = Findings()
    compiled = compile_folder(rules_dir, _today(), findings)
    mistakes = [mistake for mistake in findings.mistakes if mistake.path == compiled.catalogue_path]
    if mistakes:
        raise RuleError(mistakes)
    ruleset = compiled.ruleset
    show(({"bucket": bucket, "labels": _labels(ruleset, bucket)} for bucket in ruleset.buckets), form)
    for uri, _ in ruleset.wild:
        note(f"{uri}: name its buckets in WatchedBuckets yourself, a pattern can not be watched")
    if write and not ruleset.buckets:
        raise SettingError(f"{rules_dir / CATALOGUE} names no bucket, and nothing was written")
    if write:
        path = config or rules_dir.resolve().parent / SAMCONFIG
        write_watched(path, ruleset.buckets, env)
        note(f"WatchedBuckets is {','.join(ruleset.buckets)} in {path.name}; build and deploy to watch them")


def _labels(ruleset: Ruleset, bucket: str) -> list[str]:
    places = {
        place
        for patterns in ruleset.patterns
        if patterns.bucket == bucket
        for _, place in (*patterns.exact, *patterns.prefixes, *patterns.globs)
    }
    return [ruleset.labels[place].name for place in sorted(places)]


def replay_logs(paths: list[str], rules: Path, catalogue: Path | None, account: str | None = None) -> None:
    """Print the alerts that these records give; exits with 1 if something could not be read or judged."""
    findings = Findings()
    compiled = compile_folder(rules, _today(), findings, catalogue=catalogue)
    _report(findings)
    replayer = Replayer(compiled.ruleset, account)
    for name, content in log_files(paths):
        replayer.feed(name, content)
    replayer.finish()
    show(replayer.alerts(), "ndjson")
    result = replayer.result
    for failure in (*result.failures, *(f"{rule.rule}: {rule.error}" for rule in result.rule_failures)):
        note(failure)
    counts = result.counts
    note(
        f"{counts.received} records: {counts.clean} clean, {counts.excluded} excluded,"
        f" {counts.hit} hit, {counts.failed} failed"
    )
    if result.failures or result.rule_failures:
        raise typer.Exit(1)


def _today() -> date:
    return datetime.now(UTC).date()
