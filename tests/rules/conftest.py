"""How hard the drawn tests try: the same few examples each run, in seconds for all of them.

`pytest tests/rules --hypothesis-profile=thorough` draws a hundred times as many.
"""

from hypothesis import settings

settings.register_profile("quick", max_examples=20, derandomize=True, deadline=None)
settings.register_profile("thorough", max_examples=2_000, derandomize=True, deadline=None)
settings.load_profile("quick")
