"""What is sent after a session."""
