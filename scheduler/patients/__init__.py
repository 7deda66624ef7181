"""Patients, and what each has consented to."""
