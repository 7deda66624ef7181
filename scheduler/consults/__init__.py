"""Providers, consultations, and the clearances that come out of them."""
