"""The agent's waiting program: log-in, slots, and the remote windows it starts."""
