# Web, jobs and migrations: one image, three commands (docker-compose.yml).
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /srv/scheduler

# A container talks to a PostgreSQL of its own: the embedded one is for laptops.
COPY requirements.txt ./
RUN sed -n '/^# the laptop/q;p' requirements.txt > /tmp/requirements.txt \
    && pip install --no-cache-dir --disable-pip-version-check -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt

RUN useradd --system --uid 10001 --home-dir /srv/scheduler --no-create-home scheduler \
    && install --directory --owner scheduler --mode 0700 /data
COPY config.py config_values.py wsgi.py ./
COPY migrations ./migrations
COPY scheduler ./scheduler
COPY docs/problems ./docs/problems

USER scheduler
ENV HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["gunicorn", "--config", "python:scheduler.gunicorn_settings", "wsgi:app"]
