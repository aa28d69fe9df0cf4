"""Watches access to sensitive objects in Amazon S3: from a record AWS wrote to the alert people read."""

__version__ = "0.1.0"
