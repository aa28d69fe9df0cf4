"""`s3watch test`: runs the tests of the detections."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Form, RulesDir


def run_rule_tests(
    rules_dir: RulesDir = Path("rules"),
    rule: Annotated[
        list[str] | None, typer.Option(help="Test only this detection; may be given several times.")
    ] = None,
    form: Form = "auto",
) -> None:
    """Run the tests of the detections, rules/tests/*.yml.

    Every detection must have a case that hits and a near miss; rules/tests/README.md describes the format.

    Example: s3watch test rules --rule unexpected-read
    """
    from s3watch_cli.rule_tests import report

    report.report_tests(rules_dir, rule or [], form=form)
