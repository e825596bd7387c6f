#!/usr/bin/env bash
# Turns the tree at DIR into that of a release: what it downloads and calls is pinned to what was built.
# Usage: release/pin.sh DIR VERSION SUMS DIGEST
#   DIR      a clean checkout of the commit that was built; it gets three commits on top
#   VERSION  such as v1.2.3, the one of Cargo.toml
#   SUMS     a file of SHA-256 sums with those of the binaries, as sha256sum writes it
#   DIGEST   of the image with the agent, sha256:...
#
# Each commit names the one before, so there are three: action.yml takes the image and setup/ the binaries by their digests; then our
# reusable workflows take that action by its commit; then the callers that users copy take those workflows by theirs.
# Prints the last commit. The same input gives the same commits.
set -euo pipefail

dir=$1 version=$2 sums=$3 digest=$4
own=codex-k8s/codexctl-action
image=ghcr.io/$own

fail() {
  echo "pin: $*" >&2
  exit 1
}

[[ $version =~ ^v[0-9]+\.[0-9]+\.[0-9]+$ ]] || fail "VERSION: expected one such as v1.2.3, got: $version"
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || fail "DIGEST: expected sha256: and 64 hexadecimal digits, got: $digest"
binaries=$(grep -E '^[0-9a-f]{64}  codexctl-(x86_64|aarch64)-unknown-linux-musl$' "$sums" | sort -k 2) || true
[ "$(cut -d ' ' -f 3 <<<"$binaries" | sort -u | wc -l)-$(wc -l <<<"$binaries")" = 2-2 ] ||
  fail "$sums: expected one SHA-256 sum for each of the two binaries"

cd "$dir"
[ -z "$(git status --porcelain)" ] || fail "$dir has changes that are not committed"
[ "$version" = "v$(sed -nE 's/^version = "(.*)"$/\1/p' Cargo.toml | head -n 1)" ] || fail "Cargo.toml has another version than $version"
[ "$(grep -cx '  image: Dockerfile' action.yml)" = 1 ] || fail "action.yml: expected one line \`  image: Dockerfile\`; is it pinned already?"
[ ! -e setup/release.sha256 ] || fail "setup/release.sha256 is there already"

GIT_AUTHOR_NAME="codexctl release" GIT_AUTHOR_EMAIL=codexctl@users.noreply.github.com GIT_AUTHOR_DATE=$(git log -1 --format=%cI)
GIT_COMMITTER_NAME=$GIT_AUTHOR_NAME GIT_COMMITTER_EMAIL=$GIT_AUTHOR_EMAIL GIT_COMMITTER_DATE=$GIT_AUTHOR_DATE
export GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_AUTHOR_DATE GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL GIT_COMMITTER_DATE
commit() { git -c commit.gpgsign=false -c core.hooksPath=/dev/null commit --quiet --message "$1" && git rev-parse HEAD; }

# uses PATTERN COMMIT FILE...: what is called by a name of that pattern in our own repository is called by that commit.
uses() {
  local pattern=$1 to=$2
  shift 2
  sed -i -E "s|^( *(- )?uses: $own$pattern)@[^ ]+( .*)?\$|\1@$to # $version|" "$@"
}

sed -i "s|^  image: Dockerfile\$|  image: docker://$image@$digest|" action.yml
printf '%s\n' "${binaries//  /  $version/}" >setup/release.sha256
git add action.yml setup/release.sha256
action=$(commit "Pin the image and the binaries of $version")

uses '(/setup)?' "$action" .github/workflows/*.yml
git add .github/workflows
workflows=$(commit "Call the action of $version by its commit")

uses '/\.github/workflows/[a-z_]+\.yml' "$workflows" workflows-templates/*.yml
git add workflows-templates
last=$(commit "Call the workflows of $version by their commit")

# Whatever new place calls us without a digest is found here, not by a user.
loose=$(grep -rnE "uses: *$own" .github/workflows workflows-templates | grep -vE "@($action|$workflows) # $version\$") || true
[ -z "$loose" ] || fail "these still call what can change: $loose"
echo "$last"
