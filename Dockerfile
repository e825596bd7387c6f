# The container action. Targets: `agent` (the last and the default, with Codex) and `slim` (without it).
#
#   BASE    what everything stands on: Debian, or something like it with git, bash and CA certificates in it
#   BINARY  `built` from this tree, or `given` as dist/ARCH/codexctl (ARCH as Docker names it: amd64, arm64)
#   CODEX   `installed` from its package, or `given` as the folder dist/codex
#
# There is no USER: the runner wants root at the start, and codexctl becomes the owner of the workspace at once.
ARG BASE=docker.io/library/debian:bookworm-slim
ARG BINARY=built
ARG CODEX=installed

FROM docker.io/library/rust:1.95-alpine AS binary-built
# Alpine's own target links statically; aws-lc wants a C compiler and make beside it.
RUN apk add --no-cache cmake g++ linux-headers make perl
WORKDIR /build
COPY . .
# Without .git the commit comes from outside, for `codexctl version`.
ARG CODEXCTL_COMMIT=
ARG CODEXCTL_COMMIT_DATE=
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --locked --release --bin codexctl && cp target/release/codexctl /codexctl

FROM scratch AS binary-given
ARG TARGETARCH=amd64
COPY dist/${TARGETARCH}/codexctl /codexctl

FROM binary-${BINARY} AS binary

FROM docker.io/library/node:22-bookworm-slim AS codex-installed
WORKDIR /codex
COPY image/package.json image/package-lock.json ./
# The package is a static binary with what it starts; of that only the voice is of no use here.
RUN npm ci --ignore-scripts --no-audit --no-fund --loglevel=error \
    && mv node_modules/@openai/codex-linux-*/vendor/* /opt/codex \
    && rm -r /opt/codex/codex-resources/voice

FROM scratch AS codex-given
COPY dist/codex/ /opt/codex/

FROM codex-${CODEX} AS codex

FROM ${BASE} AS base
RUN set -eu; \
    missing=; \
    for program in bash git; do command -v "$program" >/dev/null || missing="$missing $program"; done; \
    [ -e /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"; \
    if [ -n "$missing" ]; then \
      apt-get update; \
      DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; \
      apt-get clean; \
      rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/log/*.log /var/log/apt; \
    fi; \
    for name in action post; do ln -s codexctl "/usr/local/bin/codexctl-$name"; done
LABEL org.opencontainers.image.title="codexctl" \
      org.opencontainers.image.description="Turns a labelled GitHub issue into reviewed work: routes the event, runs the Codex agent, publishes commits, a pull request and comments." \
      org.opencontainers.image.source="https://github.com/codex-k8s/codexctl-action" \
      org.opencontainers.image.licenses="MIT"
ENTRYPOINT ["codexctl"]

FROM base AS slim
COPY --from=binary --chmod=0755 /codexctl /usr/local/bin/codexctl

# Codex changes less often than codexctl and is far larger: its layer comes first.
FROM base AS with-codex
COPY --from=codex /opt/codex /opt/codex
RUN ln -s /opt/codex/bin/codex /usr/local/bin/codex

FROM with-codex AS agent
COPY --from=binary --chmod=0755 /codexctl /usr/local/bin/codexctl
