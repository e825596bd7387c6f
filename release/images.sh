#!/usr/bin/env bash
# Builds the images of a release from the binaries in OUT, as OCI layouts in OUT/image-agent and OUT/image-slim, each for both
# processors, and writes their digests to OUT/images.sha256. Usage: release/images.sh OUT [PLATFORM...], by default amd64 arm64.
# Nothing is compiled here: the images get the very binaries that are released. Wants tests/setup/install.sh release.
#
# They stand on Debian's own image. CODEXCTL_RELEASE_BASE=made lets them stand on one that is made here of Debian's packages, where no
# public image can be reached; never publish those.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- amd64 arm64

say() { printf 'release: %s\n' "$*" >&2; }
folder=$(mktemp -d)
# Storage of this run alone: the machine's own images are not touched.
buildah() { command buildah --root "$folder/graph" --runroot "$folder/run" --storage-driver overlay "$@"; }
# Without root, what a layer holds may belong to users that only exist inside.
forget() {
  buildah rm --all >/dev/null 2>&1 || true
  if [ "$(id -u)" = 0 ]; then rm -rf "$folder"; else command buildah unshare rm -rf "$folder"; fi
}
trap forget EXIT
seconds=$(git -C "$repo" log -1 --format=%ct)
revision=$(git -C "$repo" rev-parse HEAD)
version=$(sed -nE 's/^version = "(.*)"$/\1/p' "$repo/Cargo.toml" | head -n 1)
public=$(sed -nE 's/^ARG BASE=(.+)$/\1/p' "$repo/Dockerfile")

# base ARCH: prints the name of what the images stand on.
base() {
  if [ "${CODEXCTL_RELEASE_BASE:-public}" = public ]; then
    # The digest at this moment, for both processors and both targets alike.
    [ -e "$folder/base" ] || skopeo inspect --raw "docker://$public" | sha256sum | cut -d ' ' -f 1 >"$folder/base"
    echo "${public%:*}@sha256:$(cat "$folder/base")"
    return
  fi
  local tar made name=localhost/codexctl-release-base:$1
  tar=$cache/release-base-$1-$(cksum <"$repo/image/base.sh" | cut -d ' ' -f 1).tar
  [ -e "$tar" ] || {
    say "a base of Debian's packages for $1, some minutes, once"
    "$repo/image/base.sh" "$tar" "$1" 2>"$folder/log" || {
      tail -n 20 "$folder/log" >&2
      exit 1
    }
  }
  buildah inspect --type image "$name" >/dev/null 2>&1 || {
    made=$(buildah from --platform "linux/$1" scratch)
    buildah add --quiet "$made" "$tar" / >/dev/null
    buildah commit --quiet --timestamp "$seconds" --rm "$made" "$name" >/dev/null
  }
  echo "$name"
}

# codex ARCH FOLDER: the agent for that processor, by its lock file, as the Dockerfile takes it apart.
codex() {
  local cpu=x64
  [ "$1" = amd64 ] || cpu=$1
  mkdir -p "$folder/npm-$1"
  cp "$repo/image/package.json" "$repo/image/package-lock.json" "$folder/npm-$1/"
  (cd "$folder/npm-$1" && npm ci --os=linux --cpu="$cpu" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  mv "$folder/npm-$1"/node_modules/@openai/codex-linux-"$cpu"/vendor/* "$2"
  rm -rf "$folder/npm-$1" "$2/codex-resources/voice"
}

for target in slim agent; do
  buildah manifest create "$target" >/dev/null
  for arch in "$@"; do
    start=$SECONDS
    machine=x86_64
    [ "$arch" = amd64 ] || machine=aarch64
    context=$folder/$arch
    mkdir -p "$context/dist/$arch"
    cp "$repo/Dockerfile" "$repo/.dockerignore" "$context/"
    cp "$out/codexctl-$machine-unknown-linux-musl" "$context/dist/$arch/codexctl"
    from=$(base "$arch")
    codex=installed
    [ "$target" = slim ] || {
      codex=given
      codex "$arch" "$context/dist/codex"
    }
    # With `given`, the engine needs neither the image with Rust nor the one with Node.
    buildah bud --quiet --isolation chroot --platform "linux/$arch" --format oci --timestamp "$seconds" --identity-label=false \
      --target "$target" --build-arg "BASE=$from" --build-arg BINARY=given --build-arg "CODEX=$codex" --build-arg "TARGETARCH=$arch" \
      --label "org.opencontainers.image.version=$version" --label "org.opencontainers.image.revision=$revision" \
      --manifest "$target" "$context" >"$folder/log" 2>&1 || {
      tail -n 30 "$folder/log" >&2
      exit 1
    }
    rm -rf "$context"
    say "image $target for $arch on $from, $((SECONDS - start)) s"
  done
  rm -rf "$out/image-$target"
  buildah manifest push --quiet --all --format oci "$target" "oci:$out/image-$target:$version" >/dev/null
done

# As `sha256sum` writes it, so that it is read like the sums of the binaries: the digest of the list of both processors.
for target in agent slim; do
  printf '%s  image-%s\n' "$(sed -nE 's/.*"digest":"sha256:([0-9a-f]{64})".*/\1/p' "$out/image-$target/index.json")" "$target"
done >"$out/images.sha256"
[ "$(grep -cE '^[0-9a-f]{64}  image-(agent|slim)$' "$out/images.sha256")" = 2 ] || {
  say "the layouts do not have one digest each: $(cat "$out/images.sha256")"
  exit 1
}
