"""Merges what is due from reminders and follow-ups into the ledger; shows past and coming."""
