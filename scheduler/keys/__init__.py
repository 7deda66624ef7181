"""The HTTP of access: what a caller may ask about its own key."""
