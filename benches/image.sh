#!/usr/bin/env bash
# What the image weighs and how fast it starts: `make bench-image`. Wants root, and what tests/setup/install.sh installs for the tests.
# Usage: benches/image.sh BINARY [ROUNDS]; BINARY is the static release build.
set -euo pipefail
repo=$(cd "$(dirname "$0")/.." && pwd)
binary=$1 rounds=${2:-20}
folder=$(mktemp -d)
"$repo/tests/setup/image.sh" engine "$folder"
export CONTAINERS_CONF="$folder/containers.conf" CONTAINERS_STORAGE_CONF="$folder/storage.conf"
trap 'podman rm --all --force --time=0 >/dev/null; rm -rf "$folder"' EXIT

base=$("$repo/tests/setup/image.sh" base)
slim=$("$repo/tests/setup/image.sh" build "$binary" slim)
agent=$("$repo/tests/setup/image.sh" build "$binary" agent)

# Layers as a registry would get them.
packed() {
  skopeo copy --quiet --dest-compress --dest-compress-format "$2" "containers-storage:$1" "dir:$folder/packed" >/dev/null
  find "$folder/packed" -type f -size +4k -printf '%s\n' | awk '{ sum += $1 } END { printf "%.0f", sum }'
  rm -rf "$folder/packed"
}
weigh() {
  local of_base of_slim of_agent
  of_base=$(packed "$base" "$1") of_slim=$(packed "$slim" "$1") of_agent=$(packed "$agent" "$1")
  awk -v f="$1" -v b="$of_base" -v s="$of_slim" -v a="$of_agent" 'BEGIN {
    printf "%s: base %.1f MB, slim adds %.2f MB, agent adds %.1f MB\n", f, b / 1e6, (s - b) / 1e6, (a - b) / 1e6 }'
}
echo "binary: $(stat -L -c %s "$binary") bytes, $(gzip -9 <"$binary" | wc -c) with gzip -9"
weigh gzip
weigh zstd

median() { sort -n | awk '{ all[NR] = $1 } END { printf "%.1f ms (%.1f to %.1f)\n", all[int((NR + 1) / 2)], all[1], all[NR] }'; }

# An event that no flow is about, in a job of its own.
job=$folder/job
mkdir -p "$job/workspace" "$job/home" "$job/workflow"
echo '{"action":"created","milestone":{"number":1},"repository":{"full_name":"codex-k8s/shop"},"sender":{"login":"octocat"}}' >"$job/workflow/event.json"
chown -R 1001:1001 "$job"
step=(-e GITHUB_ACTIONS=true -e GITHUB_EVENT_NAME=milestone -e GITHUB_EVENT_PATH=/github/workflow/event.json -e GITHUB_REPOSITORY=codex-k8s/shop
  -e GITHUB_WORKSPACE=/github/workspace -e HOME=/github/home -e INPUT_GITHUB-TOKEN=ghp_0000 -e GITHUB_API_URL=http://127.0.0.1:9
  -v "$job/workspace:/github/workspace" -v "$job/home:/github/home" -v "$job/workflow:/github/workflow" --workdir /github/workspace)

echo -n "the process's start to its first line, in a container, not as process 1: "
# shellcheck disable=SC2016 # the container's shell expands it
podman run --rm "${step[@]}" --entrypoint bash "$agent" -c 'for ((round = 0; round < '"$rounds"'; round++)); do
  start=$EPOCHREALTIME
  codexctl-action 2>&1 | { read -r line; end=$EPOCHREALTIME; cat >/dev/null; echo $((${end/./} - ${start/./})); }
done' | awk '{ print $1 / 1000 }' | median

now() { date +%s%N; }
ms() { awk -v a="$1" -v b="$2" 'BEGIN { print (b - a) / 1e6 }'; }
first=() whole=() empty=()
for ((round = 0; round < rounds; round++)); do
  name=bench-$round
  podman run --name "$name" "${step[@]}" --entrypoint /usr/local/bin/codexctl-action "$agent" >"$folder/log" 2>&1 || { cat "$folder/log" >&2; exit 1; }
  log=$(podman inspect --format '{{.HostConfig.LogConfig.Path}}' "$name")
  # Podman writes when it started a container and when each line came.
  started=$(date -d "$(podman inspect --format '{{.State.StartedAt.Format "2006-01-02T15:04:05.999999999Z07:00"}}' "$name")" +%s%N)
  ended=$(date -d "$(podman inspect --format '{{.State.FinishedAt.Format "2006-01-02T15:04:05.999999999Z07:00"}}' "$name")" +%s%N)
  first+=("$(ms "$started" "$(date -d "$(head -n 1 "$log" | cut -d ' ' -f 1)" +%s%N)")")
  whole+=("$(ms "$started" "$ended")")
  podman rm "$name" >/dev/null
  start=$(now)
  podman run --rm --entrypoint /bin/true "$agent"
  empty+=("$(ms "$start" "$(now)")")
done
echo -n "the container's start to the first line, as process 1: "
printf '%s\n' "${first[@]}" | median
echo -n "an event that is not for us, from the container's start to its end: "
printf '%s\n' "${whole[@]}" | median
echo -n "beside it: podman run /bin/true, all in all: "
printf '%s\n' "${empty[@]}" | median
