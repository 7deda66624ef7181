"""What a WSGI server serves, and what the flask commands load."""

import sys

from config import ConfigurationError
from scheduler.app import create_app

try:
    app = create_app()
except ConfigurationError as error:
    sys.exit(f"cannot start: {error}")
