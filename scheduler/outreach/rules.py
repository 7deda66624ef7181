"""Has more been left lying than jobs that stood still for a while can explain?"""

from datetime import timedelta

# What is entered this much too late was left lying: what happens now falls due within minutes.
LATE = timedelta(hours=1)

# A stop of three days is caught up with by itself, as it cannot leave more than that.
DAYS = 3

# A day this busy is nothing out of the way, however quiet the clinic has been.
FEW = 50

# So far back it is looked for the busiest day.
LOOK_BACK = timedelta(days=28)


def is_backlog(late: int, busiest_day: int) -> bool:
    """Whether so many messages that come late are too many to go without a person's word."""
    return late > DAYS * max(busiest_day, FEW)
