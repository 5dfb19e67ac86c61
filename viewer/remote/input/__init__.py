"""What the agent's hands do, as RFB input events; state machines without a window."""
