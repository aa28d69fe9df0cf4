"""`s3watch aws-ranges`: condenses AWS's published address ranges for the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.options import RulesDir


def condense_aws_ranges(
    published: Annotated[
        str, typer.Argument(metavar="FILE", help="AWS's ip-ranges.json; `-` is standard input.")
    ],
    rules_dir: RulesDir = Path("rules"),
    write: Annotated[
        bool, typer.Option("--write", help="Write aws-ranges.json; without it, only say what is there.")
    ] = False,
) -> None:
    """Condense AWS's published address ranges to aws-ranges.json in the rules folder.

    Detections on `s3.outside_aws` need it: whether a request came from outside AWS. The file is at
    https://ip-ranges.amazonaws.com/ip-ranges.json; AWS adds ranges most weeks, so write it again from time
    to time. Your own ranges, under `own` in the file, are kept.

    Example: s3watch aws-ranges ip-ranges.json --write
    """
    from s3watch_cli.aws_ranges import update

    update.update_ranges(published, rules_dir, write=write)
