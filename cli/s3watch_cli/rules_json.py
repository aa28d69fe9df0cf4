"""rules.json, the compiled rules that the functions load: writes it and prints a summary."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from s3watch.detection.answerable import asks_for_ranges
from s3watch.detection.exceptions import days_left, ending
from s3watch.detection.matcher import ALWAYS, plan_report
from s3watch.errors import SettingError
from s3watch.ruleset import Ruleset, dump
from s3watch.text import count, truncate_list

from s3watch_cli.aws_ranges import ranges_file
from s3watch_cli.compiler import Compiled, check_catalogue, compile_folder, today
from s3watch_cli.cost.prices import MANAGEMENT_EVENTS
from s3watch_cli.deployment import TEMPLATE, Deployment, name_missing_address, read_deployments
from s3watch_cli.event_scope.checks import check_event_rules, describe_event_rules
from s3watch_cli.output import Format, note, replace_file, show, write
from s3watch_cli.parameters import only_repeat
from s3watch_cli.rule_tests.still_alerts import check_examples
from s3watch_cli.rules.diagnostics import Diagnostics, report
from s3watch_cli.template_values import read_parameters
from s3watch_cli.trail_scope.checks import check_selectors, describe_scope

PINNED = 10  # parameters: more than anybody repeats by hand; `sam deploy --guided` writes all
MOST_ROLES = 5  # named in a hint: it stays one line, and goes when they are mended


def write_rules_json(
    rules_dir: Path, output: str, watched: str, config: Path | None, *, strict: bool, form: Format
) -> None:
    """Compile a folder, write rules.json, and show how each detection is looked up.

    Raises RuleError for mistakes (with `strict` for warnings too), SettingError and OSError.
    """
    diagnostics = Diagnostics()
    deployments = read_deployments(rules_dir, watched, config)
    compiled = compile_folder(rules_dir, today(), diagnostics, deployments=deployments)
    check_catalogue(compiled, diagnostics)
    event_rules = None
    if not diagnostics.mistakes:
        check_examples(compiled, today(), diagnostics)
        check_selectors(compiled.ruleset, deployments, diagnostics)
        event_rules = check_event_rules(compiled.ruleset, deployments, diagnostics)
    report(diagnostics, strict=strict)
    content = dump(compiled.ruleset)
    if output == "-":
        write(content)
        return
    path = Path(output or rules_dir / "rules.json")
    _write(path, content)
    show(_rows(compiled), form)
    _sum_up(compiled, path)
    for line in describe_scope(compiled.ruleset, deployments):
        note(line)
    for line in describe_event_rules(event_rules) if event_rules else ():
        note(line)
    for deployment in deployments:
        _ask(deployment)
        _note_who_is_alerted(deployment)
        _note_pinned_defaults(deployment)


def _note_who_is_alerted(deployment: Deployment) -> None:
    missing = name_missing_address(deployment.name, deployment.parameters) if deployment.name else ""
    if missing:
        note(missing)


def _note_pinned_defaults(deployment: Deployment) -> None:
    """Say what `sam deploy --guided` leaves behind: an upgrade's other defaults and names would not hold."""
    pinned: list[str] = []
    with suppress(SettingError):  # that the template could not be read is told by the checks of parameters
        pinned = only_repeat(deployment.parameters, read_parameters(deployment.template or Path(TEMPLATE)))
    if len(pinned) >= PINNED:
        env = f" --env {deployment.name}" if deployment.name != "default" else ""
        note(
            f"samconfig.toml: {len(pinned)} parameters of `{deployment.name}` only repeat the template's"
            " defaults, as `sam deploy --guided` writes them, and would keep them when an upgrade changes"
            f" these; run `s3watch parameters --drop-defaults{env}`"
        )


def _ask(deployment: Deployment) -> None:
    """Ask in words what is charged in some accounts and decided by a default as long as nobody says it."""
    if deployment.name and not {"ExistingTrail", "TrailAlsoRecords"} & deployment.parameters.keys():
        note(
            f"samconfig.toml: does another trail record write management events where `{deployment.name}` is"
            " deployed? If so, set TrailAlsoRecords=neither: a further copy costs"
            f" {MANAGEMENT_EVENTS.usd:.2f} USD per {MANAGEMENT_EVENTS.per:,.0f} events. If not, set"
            " TrailAlsoRecords=management, as is the default: the first copy is free, and without it changed"
            " policies and stopped trails alert nobody"
        )


def _write(path: Path, content: bytes) -> None:
    """Write the file; what is no file, as /dev/stdout, is written to and not replaced."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
    else:
        replace_file(path, content)


def _rows(compiled: Compiled) -> Iterable[dict[str, Any]]:
    lookups = plan_report(compiled.ruleset)
    for detection in compiled.ruleset.detections:
        yield {"rule": detection.rule, "level": detection.level, "lookup": lookups[detection.rule]}


def _sum_up(compiled: Compiled, path: Path) -> None:
    ruleset = compiled.ruleset
    note(
        f"{count(len(ruleset.detections), 'detection')}, {count(len(ruleset.labels), 'catalogue entry')} in"
        f" {count(len(ruleset.buckets), 'bucket')}, {count(len(ruleset.exceptions), 'exception')}: {path}"
    )
    if ruleset.staged:
        note(f"on trial, alerting nobody: {', '.join(each.rule for each in ruleset.staged)}")
    always = [row["rule"] for row in _rows(compiled) if row["lookup"] == ALWAYS]
    if always:
        note(f"tried on every access, because no field narrows them down: {', '.join(always)}")
    for text, line in compiled.catalogue.slow:
        note(f"{compiled.catalogue_path}:{line}: `{text}` is not a plain prefix: tried on every access")
    _note_ranges(ruleset)
    _note_ending(compiled)
    _note_unlimited(compiled)
    for text, line in compiled.catalogue.maybe_folders.items():
        where = f"{compiled.catalogue_path}:{line}"
        note(f"{where}: hint: `{text}` is one object of exactly this name; everything below it is {text}/*")


def _note_ranges(ruleset: Ruleset) -> None:
    """Say which detections never alert for want of AWS's address ranges, or that these are old."""
    asking = [each.rule for each in ruleset.detections if asks_for_ranges(each)]
    ranges = ruleset.aws_ranges
    if asking and not ranges:
        note(f"{ranges_file.FILE} is missing, so that these never alert: {', '.join(asking)}; write it:")
        note(f"  {ranges_file.COMMAND}")
    elif ranges and (days := ranges_file.age(ranges, today())) > ranges_file.OLD:
        note(
            f"{ranges_file.FILE}: hint: it is {count(days, 'day')} old, and what AWS added since counts as"
            f" outside; write it again: {ranges_file.COMMAND}"
        )


def _note_ending(compiled: Compiled) -> None:
    """Say which exceptions end soon, while there is time to agree on a new end."""
    day, listed, document = today(), compiled.ruleset.exceptions, compiled.exceptions
    for one in ending(listed, day):
        where = f"{document.path}:{document.line(listed.index(one), 'until')}"
        note(
            f"{where}: hint: the exception from {one.rule} ends in {count(days_left(one, day), 'day')}, on"
            f" {one.until}; agree with {one.owner} on what comes then"
        )


def _note_unlimited(compiled: Compiled) -> None:
    """Say which roles of programs are expected from anywhere, in a catalogue that limits others."""
    catalogue = compiled.catalogue
    if not (catalogue.names_networks and catalogue.unlimited):
        return
    names, line = list(catalogue.unlimited), min(catalogue.unlimited.values())
    shown = ", ".join(truncate_list(names, len(names), MOST_ROLES))
    note(
        f"{compiled.catalogue_path}:{line}: hint: expected from anywhere, so stolen credentials raise"
        f" no alert: {shown}; add the network they call from, such as `network: vpce-0a1b2c3d`, or"
        " `network: anywhere`"
    )
