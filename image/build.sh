#!/bin/sh
# Builds the image of the container action from this tree. Usage: image/build.sh [agent|slim] [NAME], better known as `make image`.
#
# Docker builds it where its engine runs, else buildah. Where no public image can be reached, what the Dockerfile would fetch is made
# here: a base of Debian packages (mmdebstrap), the binary (cargo), Codex (npm).
set -eu

repo=$(cd "$(dirname "$0")/.." && pwd)
target=${1:-agent}
case $target in
  agent) name=codexctl-action ;;
  slim) name=codexctl-action-slim ;;
  *)
    echo "there is no target $target: agent or slim" >&2
    exit 2
    ;;
esac
name=${2:-$name}
public=docker.io/library/debian:bookworm-slim

say() { printf 'image: %s\n' "$*" >&2; }

want() {
  command -v "$1" >/dev/null || {
    say "$1 is missing: $2"
    exit 1
  }
}

commit=$(git -C "$repo" rev-parse --short=12 HEAD 2>/dev/null || true)
date=$(git -C "$repo" log -1 --format=%cd --date=format:%Y-%m-%d 2>/dev/null || true)
seconds=$(git -C "$repo" log -1 --format=%ct 2>/dev/null || echo 0)
version=$(sed -nE 's/^version = "(.*)"$/\1/p' "$repo/Cargo.toml" | head -n 1)
revision=$(git -C "$repo" rev-parse HEAD 2>/dev/null || echo unknown)

if docker info >/dev/null 2>&1; then
  engine=docker
elif command -v buildah >/dev/null; then
  engine=buildah
else
  say "there is neither a Docker engine nor buildah: start Docker, or apt-get install buildah podman mmdebstrap musl-tools"
  exit 1
fi

reaches_public() { timeout 60 "$engine" pull --quiet "$public" >/dev/null 2>&1; }

# The folder that the engine gets; this tree, where it fetches everything itself.
context=$repo
if reaches_public; then
  set --
else
  say "no public image can be reached: base, binary and Codex are made here"
  want mmdebstrap "apt-get install mmdebstrap"
  want musl-gcc "apt-get install musl-tools"
  arch=$(dpkg --print-architecture)
  machine=$(uname -m)
  context=$(mktemp -d)
  trap 'rm -rf "$context"' EXIT
  cp "$repo/Dockerfile" "$repo/.dockerignore" "$context/"
  base=localhost/codexctl-base:$(cksum <"$repo/image/base.sh" | cut -d ' ' -f 1)
  "$engine" image inspect "$base" >/dev/null 2>&1 || "$engine" inspect --type image "$base" >/dev/null 2>&1 || {
    say "a base of Debian packages, about 100 seconds"
    "$repo/image/base.sh" "$context/base.tar"
    if [ "$engine" = docker ]; then docker import "$context/base.tar" "$base" >/dev/null; else podman import --quiet "$context/base.tar" "$base" >/dev/null; fi
    rm "$context/base.tar"
  }
  say "the static binary, some minutes"
  rustup target add "$machine-unknown-linux-musl" >/dev/null 2>&1 || true
  (cd "$repo" && cargo build --locked --release --quiet --bin codexctl --target "$machine-unknown-linux-musl")
  mkdir -p "$context/dist/$arch"
  cp "${CARGO_TARGET_DIR:-$repo/target}/$machine-unknown-linux-musl/release/codexctl" "$context/dist/$arch/"
  set -- --build-arg "BASE=$base" --build-arg BINARY=given --build-arg "TARGETARCH=$arch"
  if [ "$target" = agent ]; then
    want npm "apt-get install nodejs npm"
    say "Codex, 370 MB"
    mkdir "$context/codex"
    cp "$repo/image/package.json" "$repo/image/package-lock.json" "$context/codex/"
    (cd "$context/codex" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
    mv "$context"/codex/node_modules/@openai/codex-linux-*/vendor/* "$context/dist/codex"
    rm -rf "$context/dist/codex/codex-resources/voice" "$context/codex"
    set -- "$@" --build-arg CODEX=given
  fi
fi

set -- "$@" --target "$target" --tag "$name" --build-arg "CODEXCTL_COMMIT=$commit" --build-arg "CODEXCTL_COMMIT_DATE=$date" \
  --label "org.opencontainers.image.version=$version" --label "org.opencontainers.image.revision=$revision"
if [ "$engine" = docker ]; then
  DOCKER_BUILDKIT=1 SOURCE_DATE_EPOCH=$seconds docker build "$@" "$context" >&2
  size=$(docker images --format '{{.Size}}' "$name:latest")
else
  buildah bud --quiet --isolation chroot --layers --timestamp "$seconds" "$@" "$context" >&2
  name=localhost/$name
  size=$(buildah images --format '{{.Size}}' "$name:latest")
fi
say "$name:latest is there, $size; try it: $([ "$engine" = docker ] && echo docker || echo podman) run --rm $name version"
