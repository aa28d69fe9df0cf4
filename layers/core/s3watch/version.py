"""The version of s3watch, as `pyproject.toml`, machines' alerts and logs give it."""

__version__ = "0.1.0"
