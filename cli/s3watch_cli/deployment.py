"""The deployment that rules are compiled for: its watched buckets, parameters and template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from s3watch.errors import SettingError

from s3watch_cli.samconfig import read_parameters

TEMPLATE = "template.yaml"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The watched buckets, the parameter overrides of `sam deploy`, and the path of template.yaml."""

    watched: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)
    template: Path | None = None


def read_deployment(rules_dir: Path, watched: str, config: Path | None, env: str) -> Deployment | None:
    """Read the deployment from a samconfig.toml, `config`; `watched`, comma-separated, replaces its buckets.

    Returns None where neither is given. Raises SettingError if no bucket is watched.
    """
    if not watched and not config:
        return None
    parameters = read_parameters(config, env) if config else {}
    buckets = [bucket.strip() for bucket in (watched or parameters.get("WatchedBuckets", "")).split(",")]
    if not any(buckets):
        raise SettingError(f"{config} sets no WatchedBuckets; run `s3watch buckets --write`")
    template = (config or rules_dir.resolve()).parent / TEMPLATE
    return Deployment(tuple(sorted({bucket for bucket in buckets if bucket})), parameters, template)
