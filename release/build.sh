#!/usr/bin/env bash
# Builds the static binaries of a release, into OUT. Usage: release/build.sh OUT [TARGET...], for example
# release/build.sh target/dist x86_64-unknown-linux-musl; by default all targets. Wants tests/setup/install.sh release.
#
# One compiler of C for all targets, zig's, of a pinned version: so that what the machine has makes no difference to the bytes.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
mkdir -p "$1"
out=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- x86_64-unknown-linux-musl aarch64-unknown-linux-musl

# One version of Rust, the oldest that may build this; rustup fetches it where another one is in use.
toolchain=$(sed -nE 's/^rust-version = "(.*)"$/\1/p' "$repo/Cargo.toml").0
[[ $(rustc --version) == "rustc $toolchain "* ]] || export RUSTUP_TOOLCHAIN=$toolchain
SOURCE_DATE_EPOCH=$(git -C "$repo" log -1 --format=%ct)
CARGO_ZIGBUILD_ZIG_PATH=$(echo "$cache"/release/lib/python3*/site-packages/ziglang/zig)
# The tag that the release will have: `codexctl init` writes workflows that call it.
CODEXCTL_RELEASE=v$(sed -nE 's/^version = "(.*)"$/\1/p' "$repo/Cargo.toml" | head -n 1)
export SOURCE_DATE_EPOCH CARGO_ZIGBUILD_ZIG_PATH CODEXCTL_RELEASE CARGO_INCREMENTAL=0
unset CODEXCTL_COMMIT CODEXCTL_COMMIT_DATE CARGO_ENCODED_RUSTFLAGS

# No path of this machine may stay: whoever builds has another home.
target_dir=${CARGO_TARGET_DIR:-$repo/target}
rust=''
c=''
for pair in "${CARGO_HOME:-$HOME/.cargo}=/cargo" "$(rustc --print sysroot)=/rust" "$repo=/codexctl" "$target_dir=/target"; do
  rust="$rust --remap-path-prefix=$pair"
  c="$c -ffile-prefix-map=$pair"
done
export RUSTFLAGS=$rust CFLAGS="$c -g0" CXXFLAGS="$c -g0"

for target in "$@"; do
  start=$SECONDS
  (cd "$repo" && "$cache/release/bin/cargo-zigbuild" zigbuild --locked --release --quiet --bin codexctl --target "$target")
  install -m 0755 "$target_dir/$target/release/codexctl" "$out/codexctl-$target"
  echo "release: codexctl-$target, $(stat -c %s "$out/codexctl-$target") bytes, $((SECONDS - start)) s"
done
