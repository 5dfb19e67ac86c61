"""When a company is open: its hours of the week and its holidays."""
