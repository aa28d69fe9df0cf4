"""A made-up company: its buckets, who works in them, and a catalogue of what is sensitive there."""

from __future__ import annotations

from s3watch.ruleset import Expected, Label, Patterns

ACCOUNT, PARTNER = "111122223333", "444455556666"
# 400 buckets, of which the first half is in the catalogue
BUCKETS = [
    f"{team}-{kind}-{number}"
    for number in range(10)
    for team in ("hr", "finance", "sales", "research", "legal", "ops", "web", "data")
    for kind in ("landing", "lake", "exports", "backup", "app")
]
CATALOGUED = BUCKETS[:200]
PROJECTS, SUBPROJECTS = 100, 10  # below `restricted/` in each bucket; every other project is in the catalogue
ENDPOINT = "vpce-0a1b2c3d4e5f67890"


def roles_of(bucket: str) -> tuple[str, str]:
    """Name the roles whose daily work is in a bucket."""
    return f"app-{bucket}", f"etl-{bucket}"


def make_catalogue(entries: int) -> tuple[tuple[Label, ...], tuple[Patterns, ...]]:
    """Make 10,000 entries, one for each sensitive project, or 100,000, one for each of its parts.

    Both cover the same objects, so that the same accesses are labelled. In one bucket out of twenty there
    is a pattern that is no prefix besides.
    """
    labels: list[Label] = []
    patterns: list[Patterns] = []
    for number, bucket in enumerate(CATALOGUED):
        prefixes = _sensitive_prefixes(entries // len(CATALOGUED))
        places = range(len(labels), len(labels) + len(prefixes))
        globs = (("*/secrets/*.pem", places[0]),) if number % 20 == 0 else ()
        patterns.append(Patterns(bucket, prefixes=tuple(zip(prefixes, places, strict=True)), globs=globs))
        labels += [
            Label(f"{bucket} {prefix}", "high", f"{bucket}@example.com", _expected(bucket))
            for prefix in prefixes
        ]
    return tuple(labels), tuple(patterns)


def _sensitive_prefixes(number: int) -> list[str]:
    projects = [f"restricted/project-{project:02}/" for project in range(0, PROJECTS, 2)]
    if number == len(projects):
        return projects
    return sorted(f"{project}part-{part}/" for project in projects for part in range(number // len(projects)))


def _expected(bucket: str) -> tuple[Expected, ...]:
    app, etl = roles_of(bucket)
    return (
        Expected((f"role/{app}",), ("read", "list", "inspect", "write")),
        Expected((f"role/{etl}",), ("read", "list", "inspect", "write", "delete")),
        Expected(("role/backup",), ("read", "list", "inspect"), (ENDPOINT,)),
    )
