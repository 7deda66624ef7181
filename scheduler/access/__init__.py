"""Who may do what: keys, roles and the audit writer. No HTTP here."""
