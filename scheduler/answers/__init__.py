"""What patients answered, by link or by phone; submitted, it never changes (I57)."""
