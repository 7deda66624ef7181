"""Before `make run` serves: the clock, the schema, and once the demo clinic with its keys."""

import json
from pathlib import Path

import flask_migrate

import config
from scheduler import clock, demo

KEYS = "demo-keys.json"

WELCOME = """
Ready: http://{host}:{port}  (Ctrl-C stops everything)
  documents   http://{host}:{port}/docs/
{demo}"""

DEMO = """  demo keys   {keys} (front_desk, clinician, integration, admin)

Try a first request:
  KEY=$(python3 -c "import json; print(json.load(open('{keys}'))['front_desk'])")
  curl -H "Authorization: Bearer $KEY" "http://{host}:{port}/v1/patients?limit=3"
"""


def prepare(settings: config.Settings) -> str:
    """Make everything ready, in an app context; returns the text to show once requests are served.

    Raises ConfigurationError when the clock cannot start where it is told to.
    """
    if settings.start_clock_at is not None:
        try:
            clock.start_at(settings.data_dir, settings.start_clock_at)
        except ValueError as error:
            raise config.ConfigurationError(f"START_CLOCK_AT: {error}") from None
    flask_migrate.upgrade()
    where = {"host": settings.host, "port": settings.port}
    if not settings.embedded:
        return WELCOME.format(demo="", **where)
    keys = _demo_once(settings.data_dir / KEYS)
    return WELCOME.format(demo=DEMO.format(keys=keys, **where), **where)


def _demo_once(keys: Path) -> str:
    """Load the demo clinic unless its keys are there already; returns where they are, for show."""
    if not keys.exists():
        made = demo.load(clock.now())
        half = keys.with_suffix(".part")
        half.touch(mode=0o600)
        half.write_text(json.dumps(made, indent=2) + "\n")
        half.replace(keys)
    try:
        return str(keys.relative_to(Path.cwd()))
    except ValueError:
        return str(keys)
