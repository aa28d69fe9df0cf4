"""Searches that an alert offers: what else its actor did, and who else touched its object.

A search is a question and the value to ask it with; how it is asked depends on what the reader can run.
"""
