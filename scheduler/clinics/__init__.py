"""The clinic itself: its names and zone, its policies, its opening hours and its closures."""
