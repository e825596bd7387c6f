#!/bin/sh
# Runs the demo on a cluster as a newcomer does and checks what it shows: each command, the table, the difference, the diagnosis, the end.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() {
  echo "demo-cluster: $*; its output:" >&2
  cat "$log" >&2
  exit 1
}
make --no-print-directory -C "$root" demo-cluster >"$log" 2>&1 || fail "it failed"
count=0
# shows TEXT: a line has it.
shows() {
  grep -qF -- "$1" "$log" || fail "it does not show: $1"
  count=$((count + 1))
}
# Commands stand there as somebody would type them.
shows '$ codexctl apply --env ai --slot 1 --wait'
shows 'objects_created: 19'
shows 'all 5 ready after'
shows '$ codexctl status --env ai --slot 1'
shows '20 of 20 objects there, 5 of 5 workloads ready'
shows '$ codexctl diff --env ai --slot 1'
shows '-  replicas: 2'
shows '+  replicas: 3'
shows 'objects_unchanged: 19'
shows 'Deployment catalog    ready: 3 of 3 pods'
shows '$ codexctl apply --env ai --slot 1 --wait --wait-image-pull 2s'
shows "deploy/redis.yaml:2: Deployment redis won't be ready: the image localhost:32000/library/redis:missing of container redis can't be pulled"
shows 'last events:'
shows 'infra_ready: false'
shows '$ codexctl destroy --env ai --slot 1 --yes'
shows 'namespace_deleted: true'
shows 'docs/cluster.md'
echo "demo-cluster: $count passed, 0 failed"
