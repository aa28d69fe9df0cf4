"""`s3watch event-scope`: says what EventBridge passes on, and writes its rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import Config, RulesDir


def list_event_scope(
    rules_dir: RulesDir = Path("rules"),
    write: Annotated[bool, typer.Option("--write", help="Write them to stacks/event-rules.yaml.")] = False,
    config: Config = None,
) -> None:
    """Say what EventBridge passes on where EventScope is not bucket; --write writes the rules for it.

    They are derived from the rules folder for all environments of samconfig.toml, so write them again when
    one of these changes; the build stops if they are stale.

    Example: s3watch event-scope rules --write
    """
    from s3watch_cli.generate import event_rules

    event_rules.write_event_rules(rules_dir, config, write=write)
