"""The command line: scripts over the same use cases the pages call."""
