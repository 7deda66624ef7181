"""What the program takes, against a floor and against goals; `docs/performance.md` explains.

__main__.py   what `make bench` runs             report.py     the table, the file, the comparison
floor.py      the bare app it is held against    rows*.py      what is measured, and its goals
floor_*.py    its search, its statements        same.py       that both answer the same
standard.py   the clinic it is measured on       grown.py      ten years of it, a hundred of it
databases.py  the server and its templates       servers.py    gunicorn, and what it holds
clients.py    callers over plain sockets         asked.py      what they ask for
measure.py    rounds, medians, the control       load.py       a busy morning
"""
