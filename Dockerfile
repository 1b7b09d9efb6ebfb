# One image for web, worker, beat and migrate: `docker compose up` chooses the command.
FROM python:3.11-slim AS environment
COPY requirements.txt /
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r /requirements.txt

FROM python:3.11-slim
RUN useradd --uid 1000 --create-home batchboard && install --directory --owner batchboard --mode 700 /data
COPY --from=environment /venv /venv
WORKDIR /app
COPY manage.py ./
COPY dashboard dashboard
COPY jobs jobs
COPY templates templates
COPY static static
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BATCHBOARD_DATA=/data STATIC_ROOT=/app/collected
# Memory that a thread once had goes back, see dashboard/runtime/programs.py.
ENV MALLOC_ARENA_MAX=2 MALLOC_TRIM_THRESHOLD_=131072
# The keys that settings make for this step stay in a folder that ends with it.
RUN BATCHBOARD_DATA=/tmp/build python manage.py collectstatic --no-input \
    && rm -r /tmp/build \
    && python -m compileall -q dashboard jobs
USER 1000
VOLUME /data
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "dashboard.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log", "--no-proxy-headers", "--ws", "none"]
