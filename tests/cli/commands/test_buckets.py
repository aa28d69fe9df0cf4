from __future__ import annotations

from tests.support.rule_folders import CATALOGUE, write_folder


def test_buckets_lists_what_the_catalogue_names(project, s3watch):
    assert s3watch("buckets") == (0, '{"bucket":"hr-data","labels":["payroll"]}\n', "")


def test_buckets_fixes_what_compile_found(project, s3watch):
    write_folder(project / "rules", catalogue=CATALOGUE + "- {name: b, match: s3://b-data}\n")
    arguments = ("compile", "-o", "-", "--config", "samconfig.toml")

    before, fixed, after = s3watch(*arguments), s3watch("buckets", "--write"), s3watch(*arguments)

    assert (before[0], fixed[0], after[0]) == (1, 0, 0)
    assert "run `s3watch buckets --write`" in before[2]
    assert fixed[2] == "WatchedBuckets is b-data,hr-data in samconfig.toml; build and deploy to watch them\n"


def test_buckets_of_a_broken_catalogue_are_not_written(project, s3watch):
    before = (project / "samconfig.toml").read_text(encoding="utf-8")
    write_folder(project / "rules", catalogue="- {name: a, match: hr-data}\n")

    code, out, err = s3watch("buckets", "--write")

    assert (code, out) == (1, "")
    assert err == "rules/catalogue.yaml:1: `hr-data` is not s3://bucket/key; write s3://hr-data\n"
    assert (project / "samconfig.toml").read_text(encoding="utf-8") == before
