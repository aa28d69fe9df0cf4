"""The tests of detections: cases in rules/tests, run through the real library."""
