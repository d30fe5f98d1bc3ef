# Two stages: the first installs from the hashed lock file, the second carries no pip cache and no build tool.
FROM python:3.11-slim AS install
WORKDIR /install
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DATABASE_URL=sqlite:////data/minstrel.db WEB_HOST=0.0.0.0
RUN useradd --uid 10001 --no-create-home minstrel && install --directory --owner=minstrel --mode=700 /data
COPY --from=install /venv /venv
WORKDIR /app
COPY bot bot
COPY cogs cogs
COPY db db
USER minstrel
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ.get(\"WEB_PORT\") or 8080}/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
