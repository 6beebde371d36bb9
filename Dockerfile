# One image for both halves: `serve` (the pages and the API) and `worker` (the Ray side); both read ZHENYAN_* settings.
# --build-arg VARIANT=gpu: with the libraries that speech recognition needs on an NVIDIA card; the driver is the host's.
FROM python:3.11-slim-trixie AS build
ARG VARIANT=cpu
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
    && case "$VARIANT" in \
         cpu) extras=worker,server,s3 ;; \
         gpu) extras=worker,server,s3,gpu ;; \
         *) echo "VARIANT=$VARIANT: is cpu or gpu" >&2; exit 1 ;; \
       esac \
    && /opt/zhenyan/bin/pip install --no-cache-dir --constraint constraints.txt ".[$extras]"

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
    LD_LIBRARY_PATH=/opt/zhenyan/lib/python3.11/site-packages/nvidia/cublas/lib \
    ZHENYAN_DATA_DIR=/data \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8400
STOPSIGNAL SIGTERM
ENTRYPOINT ["zhenyan"]
CMD ["serve"]
