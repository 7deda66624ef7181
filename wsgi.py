"""What a WSGI server serves."""

from scheduler.app import create_app

app = create_app()
