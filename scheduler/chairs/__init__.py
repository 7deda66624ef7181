"""The chairs patients sit in, and the times they are out of order."""
