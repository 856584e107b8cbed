# One image for web, workers and clock; compose.yaml says what each runs. It holds no data and no secret.
FROM python:3.11-slim-bookworm AS packages
COPY requirements/base.txt /requirements.txt
RUN python -m venv /venv \
 && /venv/bin/python -m pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM python:3.11-slim-bookworm
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin witty \
 && install -d -o witty -g witty -m 0700 /data
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 WITTY_DATA=/data STATIC_ROOT=/app/collected
# collected once for all that start of it; the key signs nothing here
RUN SECRET_KEY=only-while-it-is-built python manage.py collectstatic --noinput --verbosity 0 \
 && chmod -R a+rX collected
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["python", "-m", "daphne", "--websocket_timeout", "-1", "--ping-interval", "20", "--ping-timeout", "20", \
     "--websocket-max-message-size", "65536", "--websocket-max-frame-size", "65536", \
     "--application-close-timeout", "5", "--verbosity", "0", "--no-server-name", \
     "-b", "0.0.0.0", "-p", "8000", "wittyagent.asgi:application"]
