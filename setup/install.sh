#!/usr/bin/env bash
# Puts the binary of a release on PATH of a runner, after its checksum is right. Called by action.yml beside it, which hands its
# inputs over as CODEXCTL_SETUP_VERSION, CODEXCTL_SETUP_SHA256 and CODEXCTL_SETUP_RELEASES.
set -euo pipefail

fail() {
  # Of a workflow command's text these three mean something to the runner.
  local text=${*//'%'/%25}
  text=${text//$'\r'/%0D}
  printf '::error title=Set up codexctl::%s\n' "${text//$'\n'/%0A}"
  exit 1
}

case $(uname -s)-$(uname -m) in
  Linux-x86_64) target=x86_64-unknown-linux-musl ;;
  Linux-aarch64 | Linux-arm64) target=aarch64-unknown-linux-musl ;;
  *) fail "there is no codexctl for $(uname -s) on $(uname -m): it runs on Linux, on x86_64 and aarch64" ;;
esac
name=codexctl-$target

version=$CODEXCTL_SETUP_VERSION
wanted=$CODEXCTL_SETUP_SHA256
if [ -z "$version" ]; then
  [ -z "$wanted" ] || fail "sha256 is given without version: name the release that it belongs to, or leave both out"
  # One line for each binary of the release, as sha256sum writes it: the checksum, and VERSION/NAME.
  line=$(grep -E "^[0-9a-f]{64}  v[^/]+/$name\$" "$GITHUB_ACTION_PATH/release.sha256" 2>/dev/null) ||
    fail "this revision of the action is no release and knows no checksum: use one that is, or give version and sha256"
  wanted=${line%%  *}
  version=${line#*  }
  version=${version%/*}
fi
[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+([-+.0-9A-Za-z]*)$ ]] || fail "version: expected a release such as v1.2.3, got: $version"
[ -n "$wanted" ] || fail "version is given without sha256: nothing that can't be checked is installed"
wanted=$(printf %s "$wanted" | tr '[:upper:]' '[:lower:]')
[[ $wanted =~ ^[0-9a-f]{64}$ ]] || fail "sha256: expected 64 hexadecimal digits, got: $wanted"

checksum() {
  sha256sum "$1" | cut -d ' ' -f 1
}

folder=${RUNNER_TOOL_CACHE:-$RUNNER_TEMP}/codexctl/$version/$target
binary=$folder/codexctl
# What lies there from an earlier job is checked like what is downloaded.
if [ "$(checksum "$binary" 2>/dev/null)" != "$wanted" ]; then
  address=$CODEXCTL_SETUP_RELEASES/$version/$name
  mkdir -p "$folder"
  part=$(mktemp "$folder/part.XXXXXX")
  trap 'rm -f "$part"' EXIT
  curl --fail --location --silent --show-error --proto-redir '=https' --retry 3 --retry-connrefused --output "$part" -- "$address" ||
    fail "can't download $address: is there such a release, and may this runner reach the server?"
  got=$(checksum "$part")
  [ "$got" = "$wanted" ] ||
    fail "$address is not what it should be: its SHA-256 is $got, expected $wanted. Nothing was installed"
  chmod 0755 "$part"
  mv -f "$part" "$binary"
fi

printf '%s\n' "$folder" >>"$GITHUB_PATH"
printf 'version=%s\npath=%s\n' "$version" "$binary" >>"$GITHUB_OUTPUT"
printf 'codexctl %s: SHA-256 %s\n' "$version" "$wanted"
