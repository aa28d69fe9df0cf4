"""Renders alerts as plain-text e-mails."""
