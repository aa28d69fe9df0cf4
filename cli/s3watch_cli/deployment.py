"""What rules are compiled for: the buckets that are deployed, and the template they are deployed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from s3watch.errors import SettingError

from s3watch_cli.samconfig import read_parameters

TEMPLATE = "template.yaml"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The watched buckets, the parameters of `sam deploy`, and the path of the template."""

    watched: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Path | None = None


def read_deployment(rules_dir: Path, watched: str, config: Path | None, env: str) -> Deployment | None:
    """Read a deployment from samconfig.toml; `watched`, comma-separated, overrides its buckets.

    None where neither is given. Raises SettingError.
    """
    if not watched and not config:
        return None
    parameters = read_parameters(config, env) if config else {}
    buckets = [bucket.strip() for bucket in (watched or parameters.get("WatchedBuckets", "")).split(",")]
    if not any(buckets):
        raise SettingError(f"{config} sets no WatchedBuckets; run `s3watch buckets --write`")
    template = (config or rules_dir.resolve()).parent / TEMPLATE
    return Deployment(tuple(sorted({bucket for bucket in buckets if bucket})), parameters, template)
