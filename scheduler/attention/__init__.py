"""What needs a person now, derived from everything else and never pushed."""
