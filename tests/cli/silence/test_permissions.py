"""What docs/operations.md says that the commands need is what they call."""

from __future__ import annotations

import re

import pytest
from botocore.client import BaseClient

from tests.cli.silence.test_exceptions import ENTRY
from tests.cli.silence.test_trials import FILE
from tests.support.project import ROOT

TEXT = (ROOT / "docs/operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("words", ["exceptions", "promote RULE"])
def test_a_command_calls_what_it_is_said_to_need_and_no_more(run, project, monkeypatch, words):
    (said,) = re.findall(rf"(?m)^\| .*`{words}`.* \|(.*)\| \|$", TEXT)
    called = set()
    call = BaseClient._make_api_call

    def counted(self, name, request):
        called.add(f"{self.meta.service_model.service_name}:{name}")
        return call(self, name, request)

    (project / "rules/exceptions.yaml").write_text(ENTRY, encoding="utf-8")
    (project / "rules/staging.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    code, _, err = run(*words.replace("RULE", "reads").split())

    assert (code, called) == (0, set(re.findall(r"[a-z]+:\w+", said))), err
