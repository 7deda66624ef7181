"""The instruments that ship. What needs a licence (MADRS) or has unclear terms (C-SSRS, QIDS)
does not.

An instrument's version rises with any change of what it asks, and stands with each answer.
"""

from collections.abc import Mapping

from scheduler.instruments.rules import Instrument
from scheduler.instruments.rules_check_in import CHECK_IN
from scheduler.instruments.rules_phq import GAD7, PHQ2, PHQ9

SHIPPED: Mapping[str, Instrument] = {each.code: each for each in (CHECK_IN, GAD7, PHQ2, PHQ9)}
