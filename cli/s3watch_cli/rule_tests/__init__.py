"""Runs the tests of detections, the cases in rules/tests, through the real library."""
