#!/bin/bash
# A slot of the example project on a real Kubernetes control plane: apply, status, a change and its diff, an image that can't be pulled
# and what is said about it, destroy. The control plane is the tests' own (tests/README.md): it listens on loopback, its node only
# pretends to run pods, and it ends with this script. `make demo-cluster` builds and installs what this needs.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
bin=${CARGO_TARGET_DIR:-$root/target}/debug
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
headline() { printf '\n\033[1m%s\033[0m\n' "$*"; }
die() {
  echo "demo-cluster: $*" >&2
  exit 1
}

work=$(mktemp -d)
plane=
leave() {
  trap '' EXIT INT TERM
  exec 3>&- # The control plane ends with its input, however this script ends.
  if [ -n "$plane" ]; then wait "$plane" || true; fi
  rm -rf "$work"
}
trap leave EXIT
trap 'exit 130' INT TERM

cp -R "$root/examples/shop" "$work/shop"
cd "$work/shop"

headline "A Kubernetes control plane starts (etcd, API server, controllers, scheduler)"
mkfifo "$work/input"
# Ctrl-C is for this script alone.
setsid "$cache/bin/control-plane" serve <"$work/input" >"$work/kubeconfig.path" 2>"$work/control-plane.log" &
plane=$!
exec 3>"$work/input"
until grep -q . "$work/kubeconfig.path"; do
  kill -0 "$plane" 2>/dev/null || {
    cat "$work/control-plane.log" >&2
    die "the control plane did not start"
  }
  sleep 0.1
done
kubeconfig=$(head -n 1 "$work/kubeconfig.path")

# Nothing of the caller's environment gets in but what a command needs: the demo must not act on a real cluster.
codexctl() {
  env -i PATH="$PATH" HOME="$work" TERM="${TERM:-dumb}" KUBECONFIG="$kubeconfig" "$bin/codexctl" "$@" 3>&-
}
# ends_with EXIT COMMAND...: shows a command, runs it, and goes on only if it ends as it should.
ends_with() {
  expected=$1
  shift
  printf '$ %s\n' "$*"
  ended=0
  "$@" || ended=$?
  [ "$ended" = "$expected" ] || die "\`$*\` ended with exit code $ended in place of $expected"
}
# edit FILE OLD NEW: changes one line of a file.
edit() {
  grep -qF "$2" "$1" || die "$1 has no \`$2\`"
  printf '$ sed -i "s/%s/%s/" %s\n' "$2" "$3" "$1"
  sed -i "s/$2/$3/" "$1"
}
slot=(--env ai --slot 1)

headline "Slot 1 of the shop: 20 objects in order, hooks between them, until all is ready"
ends_with 0 codexctl apply "${slot[@]}" --wait

headline "What is there"
ends_with 0 codexctl status "${slot[@]}"

headline "A change, a third pod of the catalogue, and what apply would make of it"
edit deploy/catalog.yaml 'replicas: 2' 'replicas: 3'
ends_with 0 codexctl diff "${slot[@]}"

headline "The change goes to the cluster, and nothing else is sent"
ends_with 0 codexctl apply "${slot[@]}" --wait

headline "A version that nobody has built: apply ends with exit code 1 and says why"
edit services.yaml 'redis: "8-bookworm"' 'redis: "missing"'
ends_with 1 codexctl apply "${slot[@]}" --wait --wait-image-pull 2s

headline "The slot goes, and its namespace with it"
ends_with 0 codexctl destroy "${slot[@]}" --yes

headline "Where to go from here"
cat <<'END'
docs/cluster.md         what each of these commands does, in which order, and the rights that it needs
docs/services-yaml.md   every field of services.yaml, hooks among them
examples/shop           the project that was applied
tests/README.md         the control plane: `control-plane serve` gives you one to try things on
END
