"""The buckets that the catalogue names: lists them with their labels, and writes them to samconfig.toml."""

from __future__ import annotations

from pathlib import Path

from s3watch.errors import RuleError, SettingError
from s3watch.ruleset import Ruleset

from s3watch_cli.compiler import CATALOGUE, compile_folder, today
from s3watch_cli.output import Format, note, show
from s3watch_cli.rules.diagnostics import Diagnostics
from s3watch_cli.samconfig import write_watched

SAMCONFIG = "samconfig.toml"


def list_buckets(rules_dir: Path, config: Path | None, env: str, *, write: bool, form: Format) -> None:
    """Show the catalogue's buckets, and with `write` set them as WatchedBuckets in samconfig.toml.

    Raises RuleError for mistakes in the catalogue, and SettingError.
    """
    diagnostics = Diagnostics()
    compiled = compile_folder(rules_dir, today(), diagnostics)
    mistakes = [mistake for mistake in diagnostics.mistakes if mistake.path == compiled.catalogue_path]
    if mistakes:
        raise RuleError(mistakes)
    ruleset = compiled.ruleset
    show(({"bucket": bucket, "labels": _labels(ruleset, bucket)} for bucket in ruleset.buckets), form)
    for uri, _ in ruleset.wild:
        note(f"{uri}: name its buckets in WatchedBuckets yourself; a pattern cannot be watched")
    if write and not ruleset.buckets:
        raise SettingError(f"{rules_dir / CATALOGUE} names no bucket; nothing was written")
    if write:
        path = config or rules_dir.resolve().parent / SAMCONFIG
        write_watched(path, ruleset.buckets, env)
        note(f"WatchedBuckets is {','.join(ruleset.buckets)} in {path.name}; build and deploy to watch them")


def _labels(ruleset: Ruleset, bucket: str) -> list[str]:
    places = {
        place
        for patterns in ruleset.patterns
        if patterns.bucket == bucket
        for _, place in (*patterns.exact, *patterns.prefixes, *patterns.globs)
    }
    return [ruleset.labels[place].name for place in sorted(places)]
