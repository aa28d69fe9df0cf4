"""Checks the catalogue against the deployments: buckets are watched where they are, and all fits."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from s3watch import globs
from s3watch.text import count

from s3watch_cli.capacity import excesses
from s3watch_cli.deployment import Deployment
from s3watch_cli.parameters import Refusal
from s3watch_cli.rules.catalogue_file import Catalogue
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.rules.regions import REGION, doubt
from s3watch_cli.samconfig import WATCHED

WRITE = "run `s3watch buckets --write{env}`, which puts it into WatchedBuckets"


def check_deployments(
    catalogue: Catalogue, path: str, deployments: Sequence[Deployment], diagnostics: Diagnostics
) -> None:
    """Report, at `path` of the catalogue, what no deployment watches and what does not fit."""
    for bucket, line in catalogue.lines.items():
        if globs.is_literal(bucket):
            what, env = _unwatched(bucket, catalogue.regions.get(bucket, ""), deployments)
            if what:
                diagnostics.refuse(path, line, what, WRITE.format(env=env))
        elif not any(any(map(globs.compile_glob(bucket), one.watched)) for one in deployments):
            diagnostics.warn(path, line, f"no watched bucket matches `{bucket}`", "watch one")
    for deployment in deployments:
        if catalogue.regions or len(deployments) > 1:
            _check_region(path, deployment, diagnostics)
        _check_region_name(path, deployment, diagnostics)
        _check_elsewhere(path, catalogue, deployment, diagnostics)
        _check_log_files(path, deployment, diagnostics)
        _check_parameters(path, deployment, diagnostics)


def _unwatched(bucket: str, region: str, deployments: Sequence[Deployment]) -> tuple[str, str]:
    """Say that no deployment watches a bucket where it is, and of which environment that would be."""
    there = [one for one in deployments if not region or one.region in ("", region)]
    if any(bucket in one.watched for one in there):
        return "", ""
    if not region:
        return f"the bucket `{bucket}` is not watched", ""
    env = next((one.name for one in there if one.region), region)
    return f"the bucket `{bucket}` is not watched in {region}", f" --env {env}" if env != "default" else ""


def _check_region(path: str, deployment: Deployment, diagnostics: Diagnostics) -> None:
    if deployment.name and not deployment.region:
        what = f"the environment `{deployment.name}` of samconfig.toml names no region"
        instead = (
            f'write `region = "eu-west-1"`, or whichever it is, under [{deployment.name}.deploy.parameters]'
        )
        diagnostics.warn(path, 1, f"{what}, so no alarm would notice a bucket missing there", instead)


def _check_region_name(path: str, deployment: Deployment, diagnostics: Diagnostics) -> None:
    place = deployment.place("region") or (path, 1)
    if deployment.region and not REGION.fullmatch(deployment.region):
        diagnostics.refuse(*place, f"`{deployment.region}` is not a Region", "write one such as eu-west-1")
        return
    odd, instead = doubt(deployment.region) if deployment.region else ("", "")
    if odd:
        diagnostics.warn(*place, odd, instead)


def _check_elsewhere(
    path: str, catalogue: Catalogue, deployment: Deployment, diagnostics: Diagnostics
) -> None:
    """Warn of watched buckets that the catalogue places in another Region, whose events do not arrive here.

    Log files of several Regions do, so nothing is odd about a stack that reads another trail's.
    """
    given, here = deployment.parameters, deployment.region
    if not here or (given.get("LogBuckets") and given.get("ScanLogFiles", "true") == "true"):
        return
    for bucket in deployment.watched:
        there = catalogue.regions.get(bucket, here)
        if there != here:
            what = (
                f"`{bucket}` is watched in {here}, but by its entry it is in {there}, where its events stay"
            )
            instead = f"watch it in a stack in {there}, or correct its entry"
            diagnostics.warn(*(deployment.place(WATCHED) or (path, 1)), what, instead)


def _check_log_files(path: str, deployment: Deployment, diagnostics: Diagnostics) -> None:
    """Warn if log files are to be read of a trail whose bucket is not named: none is, without an error."""
    given = deployment.parameters
    scans = given.get("ExistingTrail") and given.get("ScanLogFiles", "true") == "true"
    if scans and not given.get("LogBuckets") and not given.get("LogFileTopics"):
        where = f" in the environment `{deployment.name}`" if deployment.name not in ("", "default") else ""
        what = f"no log file of the trail `{given['ExistingTrail']}` is read{where}"
        instead = (
            "name the trail's bucket in LogBuckets and, if its topic announces the files,"
            " the topic in LogFileTopics; or set ScanLogFiles=false"
        )
        diagnostics.warn(path, 1, what, instead)


def _check_parameters(path: str, deployment: Deployment, diagnostics: Diagnostics) -> None:
    """Report what the templates and the limits of services refuse, at the parameter or at `path`."""
    if deployment.template is None:
        return
    parameters = {WATCHED: ",".join(deployment.watched), **deployment.parameters}
    try:
        found = list(excesses(deployment.template, parameters, deployment.region, deployment.stack))
    except (OSError, ValueError, yaml.YAMLError) as error:
        what = f"its use of the deployment's parameters was not checked: {_reason(error)}"
        diagnostics.warn(str(deployment.template), 1, what)
        return
    for refusal in found:
        _refuse(path, deployment, refusal, diagnostics)


def _reason(error: Exception) -> str:
    return "there is no such file" if isinstance(error, FileNotFoundError) else str(error)


def _refuse(path: str, deployment: Deployment, refusal: Refusal, diagnostics: Diagnostics) -> None:
    where = f"in the environment `{deployment.name}`, " if deployment.name not in ("", "default") else ""
    place = deployment.place(refusal.parameter) if refusal.parameter else None
    if place:
        diagnostics.refuse(*place, where + refusal.what, refusal.instead)
        return
    unknown = (
        "; without `region` in samconfig.toml the longest names are assumed" if not deployment.region else ""
    )
    what = f"{where}with {count(len(deployment.watched), 'bucket')}, {refusal.what}"
    diagnostics.refuse(path, 1, what, refusal.instead + unknown)
