"""rules.json, the compiled rules that the functions load: writes it and prints a summary."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from s3watch.detection.matcher import ALWAYS, plan_report
from s3watch.ruleset import dump

from s3watch_cli.compiler import Compiled, compile_folder, today
from s3watch_cli.deployment import read_deployments
from s3watch_cli.output import Format, note, show, write
from s3watch_cli.rules.diagnostics import Diagnostics, report


def write_rules_json(
    rules_dir: Path, output: str, watched: str, config: Path | None, *, strict: bool, form: Format
) -> None:
    """Compile a folder, write rules.json, and show how each detection is looked up.

    Raises RuleError for mistakes (with `strict` for warnings too), SettingError and OSError.
    """
    diagnostics = Diagnostics()
    deployments = read_deployments(rules_dir, watched, config)
    compiled = compile_folder(rules_dir, today(), diagnostics, deployments=deployments)
    report(diagnostics, strict=strict)
    content = dump(compiled.ruleset)
    if output == "-":
        write(content)
        return
    path = Path(output or rules_dir / "rules.json")
    _write(path, content)
    show(_rows(compiled), form)
    _sum_up(compiled, path)


def _write(path: Path, content: bytes) -> None:
    """Write a file at once, so that nobody reads half of it; what is no file, as /dev/stdout, is kept."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(content)
    part.replace(path)


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
        note(f"tried on every access, because no field narrows them down: {', '.join(always)}")
    for text, line in compiled.catalogue.slow:
        note(f"{compiled.catalogue_path}:{line}: `{text}` is not a plain prefix: tried on every access")
