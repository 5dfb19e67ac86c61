"""The wall between companies: the database session that works for one tenant only, and what guards it."""
