from __future__ import annotations

import msgspec
from s3watch_cli.rule_tests.example_records import make_record


def test_replay_prints_one_alert_a_line(project, s3watch):
    records = [make_record({"base": "GetObject"}, number) for number in range(2)]
    (project / "log.json").write_bytes(msgspec.json.encode({"Records": records}))

    code, out, err = s3watch("replay", "log.json")

    assert (code, err) == (0, "2 records: 0 clean, 0 excluded, 2 hit, 0 failed\n")
    assert msgspec.json.decode(out) | {"alert": "..."} == {
        "alert": "...",
        "rule": "reads",
        "rules": ["reads"],
        "title": "Somebody reads payroll",
        "level": "high",
        "actor": "role/analyst",
        "principal": "role/analyst",
        "bucket": "hr-data",
        "label": "payroll",
        "first": "2026-11-20T08:14:03Z",
        "last": "2026-11-20T08:14:03Z",
        "count": 2,
        "events": [record["eventID"] for record in records],
    }


def test_replay_fails_where_a_file_cannot_be_read(project, s3watch):
    (project / "broken.json").write_text("{", encoding="utf-8")

    code, out, err = s3watch("replay", "broken.json")

    assert (code, out) == (1, "")
    assert err.splitlines()[0].startswith("broken.json")
