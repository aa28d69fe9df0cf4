from __future__ import annotations

from tests.cli.aws_ranges.test_ranges_file import published
from tests.support.rule_folders import RULE, write_folder


def test_what_is_written_is_compiled(project, s3watch):
    rule = RULE.replace("eventName: GetObject", "s3.outside_aws: true")
    write_folder(project / "rules", detections__outside=rule)
    (project / "ip-ranges.json").write_bytes(published("192.0.2.0/24"))

    code, out, err = s3watch("aws-ranges", "ip-ranges.json", "--write")

    assert (code, out) == (0, "")
    assert err.splitlines() == [
        "AWS's address ranges of 2026-11-20: 1 network",
        "rules/aws-ranges.json written, with 0 networks of your own; build and deploy",
    ]
    assert "never alert" not in s3watch("compile")[2]


def test_another_file_is_refused_in_one_line(project, s3watch):
    code, _, err = s3watch("aws-ranges", "samconfig.toml", "--write")

    assert (code, err.count("\n")) == (1, 1)
    assert "this is not AWS's ip-ranges.json" in err
