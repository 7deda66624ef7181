"""A scheduler for infusion clinics. The map; `app.py` is where to start reading.

app.py            create_app: names every part        cli.py      the flask commands
jobs.py           the background process              delivery.py what its loops do
sending.py        what goes out by one channel        demo/       a believable clinic
serving.py        what `make run` does                check/      proves the invariants

attention/        what needs a person now, derived from everything below
course/           is a patient getting better? scores against the baseline; outcomes
outreach/         turns what is due into messages; past and coming
followups/        when a follow-up is due             reminders/  when a reminder is due
notices/          when a patient is told what was booked, changed, cancelled or missed
messages/         the ledger, channels and delivery
answers/          what patients answered, and the pages they answer on
alerts/           a patient may be in danger: raised, told until heard, acknowledged, closed
links/            the pages that patients reach from a message
series/           the order, the plan, the whole series
sessions/         slots, placing, a session's way through the clinic; booking consultations
consults/         providers, consultations, clearances
patients/         patients, consents, stops           protocols/  the pattern of a series
chairs/           chairs and outages                  clinics/    policies, hours, closures
instruments/      what patients are asked, and what an answer means
keys/             making and ending keys; the audit log, read

web/              what every route shares             access/     keys, roles, the audit writer
tenancy.py        one clinic at a time: the unit of work and the schedule's lock
databases.py      which PostgreSQL, under which role  embedded.py  the laptop's own
site.py           what hardly changes of a clinic, kept under its stamp
connections.py    that neither wait for ever nor outlive their server
heartbeat.py      when the jobs last worked           gunicorn_*.py  the web server's side
db.py  clock.py  errors.py  logs.py  spans.py  wall_time.py   what they are all made of

A noun's folder holds `rules.py` (pure), `model.py` (columns and queries), `actions.py` (load,
decide, save; never commits), `schema.py` (shapes) and `routes.py` (no logic).
"""
