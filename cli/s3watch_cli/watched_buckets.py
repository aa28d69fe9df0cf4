"""The buckets that the catalogue names: lists them with their labels, and writes them to samconfig.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from s3watch.errors import SettingError
from s3watch.ruleset import Patterns, Ruleset

from s3watch_cli.compiler import CATALOGUE, check_catalogue, compile_folder, today
from s3watch_cli.deployment import SAMCONFIG, name_missing_address
from s3watch_cli.output import Format, note, show
from s3watch_cli.rules.diagnostics import Diagnostics, report
from s3watch_cli.rules.regions import REGION, doubt
from s3watch_cli.samconfig import WATCHED, Environment, add_environment, read_environments, write_watched


def list_buckets(rules_dir: Path, config: Path | None, env: str, *, write: bool, form: Format) -> None:
    """Show the catalogue's buckets, and with `write` set them as WatchedBuckets in samconfig.toml.

    Raises RuleError for mistakes in the catalogue, and SettingError.
    """
    diagnostics = Diagnostics()
    compiled = compile_folder(rules_dir, today(), diagnostics)
    check_catalogue(compiled, diagnostics)
    report(diagnostics.about(compiled.catalogue_path))
    ruleset, regions = compiled.ruleset, compiled.catalogue.regions
    show((_row(ruleset, patterns, regions) for patterns in ruleset.patterns), form)
    for uri, _ in ruleset.wild:
        note(f"{uri}: name its buckets in WatchedBuckets yourself; a pattern cannot be watched")
    if write and not ruleset.buckets:
        raise SettingError(f"{rules_dir / CATALOGUE} names no bucket; nothing was written")
    if write:
        _write(config or rules_dir.resolve().parent / SAMCONFIG, ruleset.buckets, regions, env)


def _row(ruleset: Ruleset, patterns: Patterns, regions: Mapping[str, str]) -> dict[str, Any]:
    region = {"region": regions.get(patterns.bucket, "")} if regions else {}
    return {"bucket": patterns.bucket, **region, "labels": _labels(ruleset, patterns)}


def _write(path: Path, buckets: Sequence[str], regions: Mapping[str, str], env: str) -> None:
    """Write the buckets of an environment's Region, which is added if its name is that of a Region."""
    known = {one.name: one for one in read_environments(path)}
    region = known[env].region if env in known else ""
    if not region and REGION.fullmatch(env):
        region = env
    if regions and not region:
        raise SettingError(
            f"{path.name}: the environment `{env}` names no region, but entries of the catalogue do; write"
            f' `region = "eu-west-1"`, or whichever it is, under [{env}.deploy.parameters]'
        )
    chosen = _of_region(buckets, regions, region, env, known)
    if not chosen:
        raise SettingError(
            f"nothing was written for the environment `{env}`: each bucket of the catalogue is in another"
            " Region, or another environment watches it"
        )
    if env not in known:
        add_environment(path, env, region)
        note(
            f"{path.name} has a new environment, with the settings of the default one: correct in"
            f" [{env}.deploy.parameters] what differs there, such as the ARNs of keys and log buckets"
        )
    write_watched(path, chosen, env)
    _note_places(path, chosen, regions, env, known, region)
    then = f"build, then `sam deploy --config-env {env}`" if env != "default" else "build and deploy"
    note(f"WatchedBuckets is {','.join(chosen)} in {path.name}; {then} to watch them")
    parameters = next(one.parameters for one in read_environments(path) if one.name == env)
    if missing := name_missing_address(env, parameters):
        note(missing)


def _note_places(
    path: Path,
    chosen: Sequence[str],
    regions: Mapping[str, str],
    env: str,
    known: Mapping[str, Environment],
    region: str,
) -> None:
    """Say that a Region is not known, and which buckets went to this one because no entry names theirs."""
    odd, instead = doubt(region) if region else ("", "")
    if odd:
        note(f"{path.name}: {odd}; {instead}")
    several = {region, *regions.values(), *(one.region for one in known.values())} - {""}
    placed = [bucket for bucket in chosen if bucket not in regions]
    if len(several) > 1 and placed:
        note(
            f"no entry names the Region of {', '.join(placed)}: watched by the environment `{env}`, in"
            f" {region or 'no named Region'}; if one is elsewhere, write `region:` into its entry, and run"
            " this again for both"
        )


def _of_region(
    buckets: Sequence[str],
    regions: Mapping[str, str],
    region: str,
    env: str,
    known: Mapping[str, Environment],
) -> list[str]:
    """Return the buckets of a Region, and those of no named Region, that no other environment watches."""
    own, elsewhere, here = set[str](), set[str](), set[str]()
    for name, one in known.items():
        watched = own if name == env else here if one.region == region else elsewhere
        watched.update(one.parameters.get(WATCHED, "").split(","))
    return [
        bucket
        for bucket in buckets
        if regions.get(bucket, region) == region
        and (bucket in own or bucket not in here)
        and (bucket in own or bucket in regions or bucket not in elsewhere)
    ]


def _labels(ruleset: Ruleset, patterns: Patterns) -> list[str]:
    places = {place for _, place in (*patterns.exact, *patterns.prefixes, *patterns.globs)}
    return [ruleset.labels[place].name for place in sorted(places)]
