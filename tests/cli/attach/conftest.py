"""The command line in an empty folder, and buckets of the local AWS."""

from __future__ import annotations

import json

import pytest

from local.settings import client_environment
from tests.support.attached_buckets import (
    ALLOW_LOGS,
    make_bucket,
    make_queue,
)


@pytest.fixture
def s3watch(s3watch, cloud, monkeypatch, tmp_path):
    """Run a command line in an empty folder: its exit code, standard output and standard error."""
    for name, value in client_environment(cloud.settings.endpoint).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return s3watch


@pytest.fixture
def s3(cloud):
    return cloud.client("s3")


@pytest.fixture
def bucket(s3):
    return make_bucket(s3)


@pytest.fixture
def log_bucket(s3):
    name = make_bucket(s3)
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps(ALLOW_LOGS))
    return name


@pytest.fixture
def queue(cloud):
    return make_queue(cloud, "s3.amazonaws.com")
