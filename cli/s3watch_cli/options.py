"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from s3watch_cli.output import Format

RulesDir = Annotated[Path, typer.Argument(exists=True, file_okay=False, help="The rules folder.")]
Form = Annotated[
    Format, typer.Option("--format", help="auto: a table on a terminal, else one JSON object a line.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="How many processes read files; by default as many as there are cores, at most 4, and one"
        " alone if there is little to read. With 1 credentials may ask for an MFA code.",
    ),
]
Config = Annotated[
    Path | None, typer.Option(exists=True, dir_okay=False, help="The samconfig.toml of the deployment.")
]
Env = Annotated[str, typer.Option(help="The environment in samconfig.toml.")]

Stack = Annotated[str, typer.Option(help="The name of the s3watch stack in this account and Region.")]
Table = Annotated[str, typer.Option(help="The table of the ledger, if not the stack's.")]
State = Annotated[
    Path, typer.Option(file_okay=False, help="The folder where attach saves the previous settings.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Make the changes; without it they are only shown.")]
Profile = Annotated[str | None, typer.Option(help="The AWS profile with the credentials.")]
Region = Annotated[
    str | None,
    # boto3 knows AWS_DEFAULT_REGION alone, other SDKs and the AWS CLI this one too
    typer.Option(envvar="AWS_REGION", help="The AWS Region of the buckets and the stack."),
]

AlertId = Annotated[
    str,
    typer.Argument(
        metavar="ALERT",
        help="The id of the alert, as messages give it after `Ref: alert`. At least 8 characters of its"
        " beginning or its end are enough if no other alert has them: those of the same six hours begin"
        " alike.",
    ),
]
AlsoClosed = Annotated[
    bool,
    typer.Option(
        "--all",
        help="Closed alerts, too, of the last 15 days. Scans the whole table: half a read unit for each 4 KB"
        " of it, so that 100 MB are 12,800 units, 0.002 USD. A whole id needs no scan.",
    ),
]
