"""Links to patients: the pages behind them confirm, change, decline and unsubscribe."""
