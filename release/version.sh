#!/usr/bin/env bash
# Prints `version=vX.Y.Z` for the tag of a candidate, vX.Y.Z-rc.N; fails where Cargo.toml says another version.
# Usage: release/version.sh TAG
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
version=${1%-rc.*}
[[ $1 =~ ^v[0-9]+\.[0-9]+\.[0-9]+-rc\.[0-9]+$ ]] || {
  echo "release: a candidate's tag looks like v1.2.3-rc.1, not like $1" >&2
  exit 1
}
known=v$(sed -nE 's/^version = "(.*)"$/\1/p' "$repo/Cargo.toml" | head -n 1)
[ "$version" = "$known" ] || {
  echo "release: $1 is a candidate of $version, but Cargo.toml says $known" >&2
  exit 1
}
echo "version=$version"
