"""What may have asked for answers."""

# Before a series, after a session, on its third day, before the next one, after the series.
RULES = ("baseline", "check_in", "trend", "before_next", "after_series")
