"""What every route shares: strict JSON, problems, versions, exactly once, paging.

A route declares itself with `Routes` (`routes.py`); `calls.py` is what happens around it.
"""
