#!/usr/bin/env bash
# Gives the commit that is checked out the tag of the release, and moves the tag of its major version there: v1.2.3 and v1.
# Usage: KEY="the deploy key" release/tag.sh VERSION [REMOTE]
#
# The key is a deploy key that may write, in the environment `release`: no token of a workflow may push a commit that changes a workflow.
set -euo pipefail

version=$1
remote=${2:-git@github.com:codex-k8s/codexctl-action.git}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
printf '%s\n' "$KEY" >"$folder/key"
# GitHub's own key, as it stands in its documentation: nobody else gets to see what is pushed, nor to say that it was.
echo "github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl" >"$folder/known"
export GIT_SSH_COMMAND="ssh -F /dev/null -i $folder/key -o IdentitiesOnly=yes -o UserKnownHostsFile=$folder/known -o StrictHostKeyChecking=yes"

# A tag of a release never moves: without force, a second one of that name is refused. That of the major version has to; but not back,
# where an older line gets a fix.
major=${version%%.*}
highest=$({ git ls-remote --tags --refs "$remote" "$major.*" | sed 's|.*refs/tags/||' | grep -xE 'v[0-9]+\.[0-9]+\.[0-9]+' || true; echo "$version"; } |
  sort -V | tail -n 1)
refs=("HEAD:refs/tags/$version")
[ "$highest" != "$version" ] || refs+=("+HEAD:refs/tags/$major")
git push --quiet --atomic "$remote" "${refs[@]}"
echo "release: tagged ${refs[*]#*refs/tags/} on $(git rev-parse HEAD)"
