"""Recorded events in any number of files of any size, read in bounded memory."""
