"""Renders the facts of an alert as rows with labels, which e-mail and chat show: who, what, when."""
