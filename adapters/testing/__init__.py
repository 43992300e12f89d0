"""The gateway contract suite, a pytest plugin for third parties."""
