import pytest
import yaml

from local.demo.rules import CATALOGUE, write_example_rules
from tests.support.project import RULES


def entries(path):
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document["objects"] if isinstance(document, dict) else document


def test_the_shipped_catalogue_has_the_entries_of_the_example():
    shipped = entries(RULES / "catalogue.yaml")
    if "hr-data" not in str(shipped):
        pytest.skip("the catalogue names a user's own buckets by now")

    assert shipped == entries(CATALOGUE)


def test_the_example_has_all_detections_and_no_exceptions(tmp_path):
    folder = write_example_rules(tmp_path / "rules")

    assert sorted(path.name for path in folder.iterdir()) == ["catalogue.yaml", "detections", "tests"]
    assert {path.name for path in folder.glob("detections/*")} == {
        path.name for path in RULES.glob("detections/*")
    }
