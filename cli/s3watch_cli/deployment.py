"""The deployments that rules are compiled for: their Regions, watched buckets, parameters and template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from s3watch.errors import SettingError

from s3watch_cli.rules.diagnostics import nearest
from s3watch_cli.samconfig import WATCHED, Environment, find_line, read_environments

TEMPLATE = "template.yaml"
SAMCONFIG = "samconfig.toml"


@dataclass(frozen=True, slots=True)
class Deployment:
    """One environment of samconfig.toml; `region` and `stack` are empty where it names none."""

    watched: tuple[str, ...]
    parameters: Mapping[str, str] = field(default_factory=dict)  # the overrides of `sam deploy`
    template: Path | None = None
    name: str = ""
    region: str = ""
    stack: str = ""
    config: Path | None = None  # the samconfig.toml that it is from

    def place(self, setting: str) -> tuple[str, int] | None:
        """Return the file and the line of a parameter or an option; None if it is from no file."""
        return (str(self.config), find_line(self.config, self.name, setting)) if self.config else None

    @property
    def log_buckets(self) -> tuple[str, ...]:
        """The names of the log buckets that it names; that of its own trail is CloudFormation's to name."""
        given = ",".join(self.parameters.get(name, "") for name in ("LogBuckets", "AccessLogBucketName"))
        return tuple(bucket.rpartition(":::")[2] for bucket in _buckets(given))


def read_deployment(rules_dir: Path, config: Path | None, env: str) -> Deployment:
    """Read one environment of a samconfig.toml: `config`, or the one beside the rules.

    Raises SettingError if there is no such environment, or it watches no bucket.
    """
    path = config or rules_dir.resolve().parent / SAMCONFIG
    environments = {one.name: one for one in read_environments(path)}
    if env not in environments:
        raise SettingError(f"{path} has no environment `{env}`, only {', '.join(environments) or 'none'}")
    for deployment in _deployments([environments[env]], path.parent / TEMPLATE, path):
        return deployment
    raise SettingError(
        f"{path} sets no WatchedBuckets for `{env}`; run `s3watch buckets --write --env {env}`"
    )


def read_deployments(rules_dir: Path, watched: str, config: Path | None) -> tuple[Deployment, ...]:
    """Read the deployments of a samconfig.toml, `config`; `watched`, comma-separated, is a deployment itself.

    Environments without WatchedBuckets are left out. Raises SettingError if no bucket is watched anywhere.
    """
    template = _template(rules_dir, config)
    if watched:
        return (Deployment(_buckets(watched), template=template),)
    if not config:
        return ()
    deployments = tuple(_deployments(read_environments(config), template, config))
    if not deployments:
        raise SettingError(f"{config} sets no WatchedBuckets; run `s3watch buckets --write`")
    return deployments


def name_missing_address(env: str, parameters: Mapping[str, str]) -> str:
    """Say that the stack subscribes nobody, so that alerts reach nobody; empty if it does."""
    if parameters.get("AlertEmail"):
        return ""
    nor = "" if parameters.get("OperationsEmail") else ", nor do problems with s3watch itself"
    where = f" --env {env}" if env != "default" else ""
    return (
        f"{SAMCONFIG}: no AlertEmail where `{env}` is deployed: alerts reach nobody until someone subscribes"
        f" to the stack's topics{nor}; run `s3watch parameters AlertEmail=ADDRESS --write{where}`"
    )


def _template(rules_dir: Path, config: Path | None) -> Path:
    """Return the template beside samconfig.toml, or the one beside the rules if there is none."""
    beside = (config or rules_dir.resolve()).parent / TEMPLATE
    return beside if beside.is_file() else rules_dir.resolve().parent / TEMPLATE


def _deployments(environments: Iterable[Environment], template: Path, config: Path) -> Iterable[Deployment]:
    for one in environments:
        if buckets := _buckets(one.parameters.get(WATCHED, "")):
            yield Deployment(buckets, one.parameters, template, one.name, one.region, one.stack, config)
        elif (meant := nearest(WATCHED, one.parameters)) not in (None, WATCHED):
            raise SettingError(
                f"{config}:{find_line(config, one.name, str(meant))}: the template has no parameter"
                f" `{meant}`, and SAM would drop it; write `{WATCHED}`"
            )


def _buckets(text: str) -> tuple[str, ...]:
    return tuple(sorted({bucket.strip() for bucket in text.split(",")} - {""}))
