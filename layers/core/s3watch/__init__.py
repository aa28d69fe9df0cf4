"""Watches access to sensitive objects in Amazon S3: from a record AWS wrote to the alert people read."""
