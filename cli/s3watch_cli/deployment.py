"""The deployments that rules are compiled for: their Regions, watched buckets, parameters and template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from s3watch.errors import SettingError

from s3watch_cli.samconfig import WATCHED, Environment, read_environments

TEMPLATE = "template.yaml"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One environment of samconfig.toml; `region` and `stack` are empty where it names none."""

    watched: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)  # the overrides of `sam deploy`
    template: Path | None = None
    name: str = ""
    region: str = ""
    stack: str = ""


def read_deployments(rules_dir: Path, watched: str, config: Path | None) -> tuple[Deployment, ...]:
    """Read the deployments of a samconfig.toml, `config`; `watched`, comma-separated, is a deployment itself.

    Environments without WatchedBuckets are left out. Raises SettingError if no bucket is watched anywhere.
    """
    template = (config or rules_dir.resolve()).parent / TEMPLATE
    if watched:
        return (Deployment(_buckets(watched), template=template),)
    if not config:
        return ()
    deployments = tuple(_deployments(read_environments(config), template))
    if not deployments:
        raise SettingError(f"{config} sets no WatchedBuckets; run `s3watch buckets --write`")
    return deployments


def _deployments(environments: Iterable[Environment], template: Path) -> Iterable[Deployment]:
    for one in environments:
        if buckets := _buckets(one.parameters.get(WATCHED, "")):
            yield Deployment(buckets, one.parameters, template, one.name, one.region, one.stack)


def _buckets(text: str) -> tuple[str, ...]:
    return tuple(sorted({bucket.strip() for bucket in text.split(",")} - {""}))
