"""The tools that a newcomer runs: set-up, supervisor, demo PC, one-file build."""
