"""Is a patient getting better? Derived from the answers, against a baseline (I56)."""
