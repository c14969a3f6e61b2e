# syntax=docker/dockerfile:1
# The server: `boomgate serve` against an external PostgreSQL. Build from the root of the repository:
#   docker build --file docker/server.Dockerfile --target server --tag boomgate-server .

FROM node:24-bookworm-slim AS web
WORKDIR /src/api
COPY api/openapi.json .
COPY api/web web
RUN npm --prefix web ci && npm --prefix web run build

FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
COPY --from=web /src/api/web/dist api/web/dist
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --package boomgate \
    && cp target/release/boomgate /usr/local/bin/boomgate

FROM debian:bookworm-slim AS server
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 10001 boomgate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/boomgate --shell /usr/sbin/nologin boomgate \
    && install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/boomgate /lanes
COPY --from=build /usr/local/bin/boomgate /usr/local/bin/boomgate
COPY docker/boomgate.toml /etc/boomgate/boomgate.toml
ENV BOOMGATE_CONFIG=/etc/boomgate/boomgate.toml
USER 10001:10001
WORKDIR /var/lib/boomgate
VOLUME ["/var/lib/boomgate"]
EXPOSE 8480 8883 8444
# Ready means: the database answers and every part runs. Bash speaks enough HTTP for that.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["/bin/bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8480 && printf 'GET /readyz HTTP/1.1\\r\\nhost: localhost\\r\\nconnection: close\\r\\n\\r\\n' >&3 && read -r status <&3 && [[ $status == *' 200 '* ]]"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["boomgate"]
CMD ["serve"]
