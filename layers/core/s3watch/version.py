"""The version of s3watch, used by `pyproject.toml` and in OCSF findings."""

__version__ = "0.1.0"
