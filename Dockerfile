# One image for both halves: `serve` (the pages and the API) and `worker` (the Ray side); both read ZHENYAN_* settings.
FROM python:3.11-slim-trixie AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE NOTICE ./
COPY net net
COPY ingest ingest
COPY asr asr
COPY claims claims
COPY vision vision
COPY cluster cluster
COPY review review
COPY cli cli
COPY configs configs
RUN python -m venv /opt/zhenyan \
    && /opt/zhenyan/bin/pip install --no-cache-dir --constraint constraints.txt '.[worker,server,s3]'

FROM python:3.11-slim-trixie
# Versions of Debian's packages are those of the release that the base image names.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --no-install-recommends --yes \
       bubblewrap ffmpeg fonts-noto-cjk libharfbuzz-subset0 libpango-1.0-0 libpangoft2-1.0-0 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 zhenyan \
    && useradd --create-home --uid 10001 --gid 10001 --no-log-init zhenyan \
    && install --directory --mode 0700 --owner 10001 --group 10001 /data
COPY --from=build /opt/zhenyan /opt/zhenyan
ENV PATH=/opt/zhenyan/bin:$PATH \
    ZHENYAN_DATA_DIR=/data \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8400
STOPSIGNAL SIGTERM
ENTRYPOINT ["zhenyan"]
CMD ["serve"]
