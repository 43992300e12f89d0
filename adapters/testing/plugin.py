"""The pytest plugin through which third parties run the gateway contract suite."""
