#!/usr/bin/env bash
# Makes everything that a release would publish, looks at it as a user would, and publishes nothing. Usage: release/dry-run.sh [OUT],
# better known as `make release-dry-run`; by default into target/dist. What it made says how long each part took.
#   ONLY="x86_64"   one processor only, which takes half the time
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
out=${1:-$repo/target/dist}
read -ra machines <<<"${ONLY:-x86_64 aarch64}"
version=v$(sed -nE 's/^version = "(.*)"$/\1/p' "$repo/Cargo.toml" | head -n 1)

rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
folder=$(mktemp -d)
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; rm -rf "$folder"' EXIT

part() {
  local start=$SECONDS
  echo "== release: $1"
  "${@:2}"
  echo "== release: $1: $((SECONDS - start)) s"
}

binaries() {
  local machine
  for machine in "${machines[@]}"; do "$repo/release/build.sh" "$out" "$machine-unknown-linux-musl"; done
  for machine in "${machines[@]}"; do "$repo/release/check.sh" "$out/codexctl-$machine-unknown-linux-musl"; done
}

images() {
  local arches=() machine
  for machine in "${machines[@]}"; do arches+=("$(case $machine in x86_64) echo amd64 ;; *) echo arm64 ;; esac)"); done
  local base=${CODEXCTL_RELEASE_BASE:-public}
  [ -n "${CODEXCTL_RELEASE_BASE:-}" ] || timeout 60 skopeo inspect --raw "docker://$(sed -nE 's/^ARG BASE=(.+)$/\1/p' "$repo/Dockerfile")" >/dev/null 2>&1 || base=made
  CODEXCTL_RELEASE_BASE=$base "$repo/release/images.sh" "$out" "${arches[@]}"
}

# serve LOG COMMAND...: starts a server of this machine alone and waits until its log names the port, which it sets.
serve() {
  local log=$1
  "${@:2}" >"$log" 2>&1 &
  servers+=($!)
  until port=$(sed -nE 's/.*(port |listening on 127\.0\.0\.1:)([0-9]+).*/\2/p' "$log") && [ -n "$port" ]; do
    kill -0 "${servers[-1]}" || {
      cat "$log" >&2
      exit 1
    }
    sleep 0.1
  done
}

# The tree of the release, and in it setup/ as a runner starts it, with the release from a server.
pinned() {
  cp "$out/SHA256SUMS" "$folder/sums"
  local machine
  for machine in x86_64 aarch64; do
    grep -q "  codexctl-$machine-unknown-linux-musl\$" "$folder/sums" ||
      echo "$(printf '0%.0s' {1..64})  codexctl-$machine-unknown-linux-musl" >>"$folder/sums" # one that ONLY left out
  done
  git clone --quiet "$repo" "$folder/tree"
  "$repo/release/pin.sh" "$folder/tree" "$version" "$folder/sums" "sha256:$(sed -n 's/  image-agent$//p' "$out/images.sha256")"
  git -C "$folder/tree" --no-pager diff --stat HEAD~3
  mkdir "$folder/served"
  ln -s "$out" "$folder/served/$version"
  serve "$folder/served.log" python3 -u -m http.server --bind 127.0.0.1 --directory "$folder/served" 0
  GITHUB_ACTION_PATH=$folder/tree/setup RUNNER_TEMP=$folder RUNNER_TOOL_CACHE=$folder/tools GITHUB_PATH=$folder/path GITHUB_OUTPUT=$folder/outputs \
    CODEXCTL_SETUP_VERSION='' CODEXCTL_SETUP_SHA256='' CODEXCTL_SETUP_RELEASES=http://127.0.0.1:$port bash "$folder/tree/setup/install.sh"
  "$(cat "$folder/path")/codexctl" version >/dev/null
}

# What a registry has after a push is what was pinned.
pushed() {
  printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:0"}\n' "$folder/registry" >"$folder/registry.yml"
  serve "$folder/registry.log" docker-registry serve "$folder/registry.yml"
  local target name
  for target in agent slim; do
    name=$(REGISTRY=127.0.0.1:$port "$repo/release/push.sh" "$out" "$target" --dest-tls-verify=false)
    [ "$(skopeo inspect --tls-verify=false --raw "docker://$name" | sha256sum | cut -d ' ' -f 1)" = "${name#*@sha256:}" ]
    echo "release: a registry has $name"
  done
}

part binaries binaries
part images images
part SBOM "$cache/release/bin/python" "$repo/release/sbom.py" "$out"
(cd "$out" && sha256sum codexctl-* image-*.cdx.json >SHA256SUMS)
part "the pinned tree" pinned
part "a push by digest" pushed
"$repo/release/notes.sh" "$version" "$out" >"$out/notes.md"

echo
echo "$version would publish (nothing was published; all of it is in $out):"
(cd "$out" && stat -c '%s %n' -- codexctl-*-musl SHA256SUMS ./*.cdx.json) | sed 's| \./| |' | while read -r size file; do
  printf '  %-55s %10s\n' "$file" "$(numfmt --to=iec --suffix=B --format=%.1f "$size")"
done
while read -r digest name; do
  printf '  %-55s %10s  sha256:%s\n' "$name (compressed, all processors)" "$(du -s --block-size=1 "$out/$name" | cut -f 1 | numfmt --to=iec --suffix=B --format=%.1f)" "$digest"
done <"$out/images.sha256"
