"""When a session's reminders are due."""
