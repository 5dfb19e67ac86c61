"""Who takes part in the benchmark of files."""

SESSION = "bench-session"
PARTICIPANT = "bench-participant"
