# syntax=docker/dockerfile:1
# One lane: `edge-agent run`. Build from the root of the repository:
#   docker build --file docker/agent.Dockerfile --target agent --tag boomgate-agent .                      simulated lanes
#   docker build --file docker/agent.Dockerfile --target agent-camera --build-arg FEATURES=opencv,rppal ...      real hardware
# On a Raspberry Pi the packaged unit is the way, not a container: the relay's safety hangs on it.

FROM rust:1.95-bookworm AS build
ARG FEATURES=""
RUN if [ -n "$FEATURES" ]; then \
        apt-get update \
        && apt-get install --yes --no-install-recommends libopencv-dev clang libclang-dev pkg-config \
        && rm -rf /var/lib/apt/lists/*; \
    fi
WORKDIR /src
COPY . .
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package boomgate-edge-agent --features "$FEATURES" \
    && cp target/release/edge-agent /usr/local/bin/edge-agent

FROM debian:bookworm-slim AS agent
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 boomgate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /lane --shell /usr/sbin/nologin boomgate \
    && install --directory --owner=10001 --group=10001 --mode=0750 /lane /lanes
COPY --from=build /usr/local/bin/edge-agent /usr/local/bin/edge-agent
# The folder that `boomgate device add --out` wrote: configuration, keys, and from now on the spool.
ENV AGENT_CONFIG=/lane/agent.toml
USER 10001:10001
WORKDIR /lane
VOLUME ["/lane"]
# No port: a lane is asked nothing from outside. A dead program ends the container; this looks at what it stands on.
HEALTHCHECK --interval=60s --timeout=10s --start-period=10s --retries=3 \
    CMD ["/bin/bash", "-c", "edge-agent check-config --config \"$AGENT_CONFIG\""]
STOPSIGNAL SIGTERM
ENTRYPOINT ["edge-agent"]
CMD ["run", "--config", "/lane/agent.toml"]

# The same with what OpenCV needs to open real cameras; build with FEATURES=opencv,rppal.
FROM agent AS agent-camera
USER root
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libopencv-core406 libopencv-imgcodecs406 libopencv-imgproc406 libopencv-videoio406 \
    && rm -rf /var/lib/apt/lists/*
USER 10001:10001

# Drivers for the demo's simulated lanes.
FROM debian:bookworm-slim AS demo-cars
RUN apt-get update \
    && apt-get install --yes --no-install-recommends socat \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=10001 --group=10001 --mode=0750 /lanes
COPY docker/demo-cars /usr/local/bin/demo-cars
USER 10001:10001
HEALTHCHECK --interval=30s --timeout=5s CMD ["/bin/bash", "-c", "ls /lanes/*/ctl.sock"]
ENTRYPOINT ["/bin/bash", "/usr/local/bin/demo-cars"]
