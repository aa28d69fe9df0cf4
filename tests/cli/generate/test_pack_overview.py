from __future__ import annotations

from s3watch.ruleset import Condition, Detection
from s3watch_cli.generate.pack_overview import overview

ANY = Condition("exists", field="s3.key")


def make_rule(name: str, level: str, *tags: str, is_signal: bool = False) -> Detection:
    return Detection(name, f"About {name}", level, ANY, tags=tags, is_signal=is_signal)  # type: ignore[arg-type]  # a level


def test_the_overview_has_detections_by_purpose_and_level_and_then_the_techniques_they_are_of():
    rules = [
        make_rule("read", "medium", "attack.t1530", "s3watch.collect"),
        make_rule("took", "high", "attack.t1530", "attack.t9999", "s3watch.collect"),
        make_rule("seen", "low", "attack.t1619", "s3watch.probe", is_signal=True),
        make_rule("own", "low"),
    ]

    assert "\n".join(overview(rules)).split("\n") == [
        "## What an attacker does",
        "",
        "### Look around and try",
        "",
        "| detection | level | what it finds |",
        "| --- | --- | --- |",
        "| [seen](#seen) | signal | About seen |",
        "",
        "### Collect and take out",
        "",
        "| detection | level | what it finds |",
        "| --- | --- | --- |",
        "| [took](#took) | high | About took |",
        "| [read](#read) | medium | About read |",
        "",
        "### Others",
        "",
        "| detection | level | what it finds |",
        "| --- | --- | --- |",
        "| [own](#own) | low | About own |",
        "",
        "## Techniques of MITRE ATT&CK",
        "",
        "| technique | tactics | detections |",
        "| --- | --- | --- |",
        "| T1530 Data from Cloud Storage | collection | [read](#read), [took](#took) |",
        "| T1619 Cloud Storage Object Discovery | discovery | [seen](#seen) |",
        "| T9999 not in version 18.1 |  | [took](#took) |",
    ]
