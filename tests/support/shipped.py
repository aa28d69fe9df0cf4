"""Files of the project as they are shipped, whatever a user deploys by now."""

from __future__ import annotations

import re

from s3watch_cli.trail_scope import template_part
from s3watch_cli.trail_scope.prefixes import Scope

from tests.support.project import ROOT

_OVERRIDES = "[default.deploy.parameters.parameter_overrides]\n"
_EXAMPLES = {"AlertEmail": "", "WatchedBuckets": "hr-data,finance-exports"}


def shipped_samconfig() -> str:
    """Return samconfig.toml with the example buckets, and no other value of the default environment."""
    text = (ROOT / "samconfig.toml").read_text(encoding="utf-8")
    head, title, rest = text.partition(_OVERRIDES)
    values, end, others = rest.partition("\n\n")
    return "".join([head, title, "\n".join(filter(None, map(_reset, values.splitlines()))), end, others])


def shipped_trail() -> str:
    """Return stacks/trail.yaml without prefixes."""
    return template_part.replace((ROOT / template_part.TRAIL).read_text(encoding="utf-8"), Scope({}, {}))


def _reset(line: str) -> str | None:
    found = re.match(r'(\w+) = "[^"]*"', line)
    if not found:
        return line
    return line.replace(found[0], f'{found[1]} = "{_EXAMPLES[found[1]]}"') if found[1] in _EXAMPLES else None
