"""Renders alerts for people and machines: e-mail, text message, chat notification, OCSF finding."""
