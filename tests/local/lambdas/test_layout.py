import io
import zipfile
from pathlib import Path

import pytest

from local.lambdas.layout import lay_runtime, put_paths, search_path, unpack

CODE, OPT = Path("/here/code"), Path("/here/opt")


def archive(**files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as opened:
        for name, content in files.items():
            opened.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("value", "here"),
    [
        ("/opt/rules.json", "/here/opt/rules.json"),
        ("/opt", "/here/opt"),
        ("/var/task/data", "/here/code/data"),
        ("/opt/a:/var/task/b:/opt", "/here/opt/a:/here/code/b:/here/opt"),
        ("file:///opt/x", "file:///opt/x"),
        ("/srv/opt/x", "/srv/opt/x"),
        ("/optional", "/optional"),
        ("s3://bucket/opt", "s3://bucket/opt"),
    ],
)
def test_paths_of_lambda_in_variables_are_put_where_they_lie_here(value, here):
    assert put_paths(value, CODE, OPT) == here


def test_later_layers_lie_over_earlier_ones(tmp_path):
    folder = unpack(tmp_path, [archive(a="1", b="1"), archive(b="2")])

    assert {path.name: path.read_text() for path in folder.iterdir()} == {"a": "1", "b": "2"}


def test_the_same_content_is_unpacked_once(tmp_path):
    assert unpack(tmp_path, [archive(a="1")]) == unpack(tmp_path, [archive(a="1")])
    assert len(list(tmp_path.iterdir())) == 1


def test_code_comes_before_layers_and_the_runtime_last():
    assert search_path(CODE, OPT, Path("/here/runtime")) == [
        "/here/code",
        "/here/opt/python/lib/python3.13/site-packages",
        "/here/opt/python",
        "/here/runtime",
    ]


def test_the_runtime_holds_boto3_and_what_it_needs_and_nothing_else(tmp_path):
    lay_runtime(tmp_path / "runtime")

    assert {path.name for path in (tmp_path / "runtime").iterdir()} == {
        "boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six.py", "urllib3",
    }  # fmt: skip
