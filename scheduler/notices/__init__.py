"""What a patient is told at once: that a visit was booked, changed, cancelled or missed."""
