import json
import os
import subprocess
import sys

import pytest

from tests.support.project import ROOT

BOOTSTRAP = ROOT / "local" / "lambdas" / "bootstrap.py"
VARIABLES = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
    "AWS_LAMBDA_FUNCTION_NAME": "f",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128",
    "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/f",
    "AWS_LAMBDA_LOG_STREAM_NAME": "s",
    "_HANDLER": "app.handler",
    "PATH": os.defpath,
}
CONTEXT = {"invoked_function_arn": "arn", "request_id": "r1", "timeout_ms": 3000}


@pytest.fixture
def run(tmp_path):
    """Runs a handler's code with events; gives the protocol's lines and the log."""
    folders = [tmp_path / name for name in ("code", "layer", "runtime")]
    for folder in folders:
        folder.mkdir()

    def run(code, *events, layer="", runtime=""):
        for folder, (name, text) in zip(
            folders, [("app.py", code), ("shared.py", layer), ("json.py", runtime)], strict=True
        ):
            (folder / name).write_text(text)
        done = subprocess.run(
            [sys.executable, "-I", "-S", BOOTSTRAP, *folders],
            input="".join(json.dumps({"event": event, "ctx": CONTEXT}) + "\n" for event in events),
            env=VARIABLES, capture_output=True, text=True, timeout=20, check=True,
        )  # fmt: skip
        return [json.loads(line) for line in done.stdout.splitlines()], done.stderr

    return run


def test_a_handler_answers_event_by_event(run):
    lines, _ = run("def handler(event, context):\n    return event + 1", 1, 2)

    assert lines == [{"status": "ready"}, {"status": "ok", "result": 2}, {"status": "ok", "result": 3}]


def test_an_environment_goes_on_after_a_failure(run):
    lines, _ = run("def handler(event, context):\n    return 1 / event", 0, 1)

    assert [line["status"] for line in lines] == ["ready", "error", "ok"]
    assert lines[1]["error"] == "ZeroDivisionError: division by zero"


def test_a_result_that_is_no_json_is_a_failure(run):
    lines, _ = run("def handler(event, context):\n    return object()", 1)

    assert lines[1]["error"] == "Runtime.MarshalError: Object of type object is not JSON serializable"


def test_a_module_that_can_not_be_imported_is_told(run):
    [line], _ = run("import nothing_of_the_kind")

    assert line["status"] == "error"
    assert "No module named 'nothing_of_the_kind'" in line["error"]


def test_what_a_handler_prints_is_its_log(run):
    lines, log = run("def handler(event, context):\n    print('seen', context.aws_request_id)", 1)

    assert lines == [{"status": "ready"}, {"status": "ok", "result": None}]
    assert log == "seen r1\n"


def test_code_sees_layers_and_not_the_development_environment(run):
    code = "import shared\ndef handler(event, context):\n    import pytest"
    lines, _ = run(code, 1, layer="x = 1")

    assert [line["status"] for line in lines] == ["ready", "error"]
    assert lines[1]["error"] == "ModuleNotFoundError: No module named 'pytest'"


def test_the_standard_library_comes_before_the_runtimes_packages(run):
    code = "import json\ndef handler(event, context):\n    return json.dumps(event)"
    lines, _ = run(code, [1], runtime="raise RuntimeError")

    assert lines[1] == {"status": "ok", "result": "[1]"}


def test_the_context_counts_down_the_functions_time(run):
    lines, _ = run("def handler(event, context):\n    return context.get_remaining_time_in_millis()", 1)

    assert 2000 < lines[1]["result"] <= 3000


def test_a_name_under_the_endpoints_host_is_that_host(run):
    code = (
        "import socket\n"
        "def handler(event, context):\n"
        "    return socket.getaddrinfo(event, 80, socket.AF_INET, socket.SOCK_STREAM)[0][4]"
    )
    [_, answer], _ = run(code, "111122223333.127.0.0.1")

    assert answer["result"] == ["127.0.0.1", 80]
