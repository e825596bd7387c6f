#!/usr/bin/env bash
# Looks at a binary as its users will: it is static, has no path of the machine that built it, and runs; one for another processor in an
# emulator. Usage: release/check.sh FILE, called codexctl-TARGET. Wants binutils, git and qemu-user-static.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
file=$(realpath "$1")
name=$(basename "$file")
machine=${name#codexctl-}
machine=${machine%%-*}

fail() {
  echo "release: $name $*" >&2
  exit 1
}

headers=$(readelf --file-header --program-headers --dynamic --wide "$file")
grep -q "Machine:.*$(case $machine in x86_64) echo X86-64 ;; aarch64) echo AArch64 ;; *) echo ? ;; esac)" <<<"$headers" ||
  fail "is not for $machine"
! grep -Eq 'INTERP|NEEDED' <<<"$headers" || fail "is not static: it asks for a loader or a library"
for path in "${CARGO_HOME:-$HOME/.cargo}/" "$(rustc --print sysroot)/" "$repo/" "${CARGO_TARGET_DIR:-$repo/target}/"; do
  ! grep -aqF "$path" "$file" || fail "has a path of this machine in it: $path"
done

run=("$file")
[ "$machine" = "$(uname -m)" ] || run=("qemu-$machine-static" "$file")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# Nothing of the caller's environment gets in.
codexctl() { (cd "$folder/shop" && env -i PATH="$PATH" HOME="$folder" GIT_CONFIG_NOSYSTEM=1 "${run[@]}" "$@"); }

cp -R "$repo/examples/shop" "$folder/shop"
git() { command git -C "$folder/shop" -c user.name=octocat -c user.email=octocat@users.noreply.github.com -c commit.gpgsign=false "$@"; }
git init -q
git add -A
git commit -q -m "The shop"

version=$(sed -nE 's/^version = "(.*)"$/\1/p' "$repo/Cargo.toml" | head -n 1)
commit=$(command git -C "$repo" rev-parse --short=12 HEAD)
said=$(codexctl version)
grep -qx "version: $version" <<<"$said" || fail "says another version than $version: $said"
grep -qx "commit: $commit" <<<"$said" || fail "says another commit than $commit: $said"
codexctl schema | cmp - "$repo/docs/services.schema.json" || fail "prints another schema than docs/services.schema.json"
# A dry run reads, decides and renders everything, and makes a TLS client on the way.
codexctl run --event events/dev.json --dry-run >"$folder/said" 2>&1 || fail "does not manage a dry run: $(cat "$folder/said")"
grep -q 'flow dev' "$folder/said" || fail "finds another flow in an issue that is labelled: $(cat "$folder/said")"
# A workflow that it writes calls the release, never the commit that was built: there nothing is pinned yet.
codexctl init >"$folder/said" 2>&1 || fail "writes no workflow: $(cat "$folder/said")"
called=$(sed -nE 's|^ *uses: codex-k8s/codexctl-action/.*@([^ ]+).*|\1|p' "$folder/shop/.github/workflows/codexctl.yml")
[[ $called == "v$version" || $called =~ ^[0-9a-f]{40}$ ]] && [[ $called != "$commit"* ]] || fail "writes a workflow that calls $called"
echo "release: $name is static, has no path of this machine, and runs"
