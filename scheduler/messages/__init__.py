"""The ledger of messages, the channels they take, and their delivery."""
