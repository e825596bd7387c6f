#!/bin/sh
# The container image of the tests and the storage that it lives in, below the user's cache folder and apart from the machine's own.
#
#   tests/setup/image.sh build BINARY [agent|slim]   builds what is not there yet around this codexctl, prints the image's name
#   tests/setup/image.sh base                        prints the name of its base, which is made once (about 100 seconds)
#   tests/setup/image.sh engine FOLDER               writes FOLDER/containers.conf and FOLDER/storage.conf: an engine of one's own
#                                                    that sees these images and writes nothing but FOLDER
#
# Wants root: so that files of a container belong to who they belong to on GitHub's runners.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
repo=$(cd "$here/../.." && pwd)
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
home=$cache/containers
npm=${CODEXCTL_TEST_NPM:-$cache/npm/node_modules}
# shellcheck source=/dev/null # it is the machine's
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
base=localhost/codexctl-test-base:$release

say() { printf 'image: %s\n' "$*" >&2; }

[ "$(id -u)" = 0 ] || {
  say "the tests of the container want root: run them as root, or by \`make action\`, which asks sudo"
  exit 1
}
[ -d "$npm/@openai" ] || {
  say "the Codex agent is missing: run tests/setup/install.sh codex"
  exit 1
}
for program in podman buildah runc mmdebstrap; do
  command -v "$program" >/dev/null || {
    say "$program is missing: run tests/setup/install.sh containers"
    exit 1
  }
done

# config FOLDER RUN [LINE]: what an engine needs on a machine without systemd, bridges and cgroups of its own. RUN is gone with a reboot.
config() {
  mkdir -p "$1"
  cat >"$1/containers.conf" <<END
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]
netns = "host"
log_driver = "k8s-file"

[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
# The usual locks are shared by all engines of a machine.
lock_type = "file"
tmp_dir = "$2/engine"
END
  cat >"$1/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$1/graph"
runroot = "$2/storage"
${3:-}
END
}

if [ "${1:-}" = engine ]; then
  config "$2" "$2/run" "[storage.options]
additionalimagestores = [\"$home/graph\"]"
  exit
fi

mkdir -p "$home"
exec 9>"$home/lock"
flock 9
config "$home" "/run/codexctl-tests-$(printf %s "$home" | cksum | cut -d ' ' -f 1)"
export CONTAINERS_CONF="$home/containers.conf" CONTAINERS_STORAGE_CONF="$home/storage.conf" BUILDAH_ISOLATION=chroot
# None of them may keep the lock when this is killed.
podman() { command podman "$@" 9>&-; }

make_base() {
  podman image exists "$base" || {
    stamp=$(cksum <"$repo/image/base.sh" | cut -d ' ' -f 1)
    tar=$home/base-$release-$stamp.tar
    [ -e "$tar" ] || {
      say "making a base image of Debian's packages (about 100 seconds, once)"
      "$repo/image/base.sh" "$tar" 9>&- 2>"$home/base.log" || {
        tail -n 20 "$home/base.log" >&2
        exit 1
      }
    }
    podman import --quiet "$tar" "$base" >/dev/null
  }
}

# What an image is made of, in short: files by their size and time, which change with every build.
stamp() {
  {
    cat "$repo/Dockerfile" "$repo/.dockerignore" "$here/image.sh"
    podman image inspect --format '{{.Id}}' "$base"
    stat -L -c '%n %s %y' "$1" "$npm/@openai/codex/package.json"
  } | sha256sum | cut -c 1-16
}

build() {
  binary=$1 target=${2:-agent}
  make_base
  image=localhost/codexctl-test:$target-$(stamp "$binary")
  podman image exists "$image" || {
    context=$home/context
    arch=$(podman version --format '{{.Client.OsArch}}')
    arch=${arch#*/}
    rm -rf "$context"
    mkdir -p "$context/dist/$arch" "$context/dist/codex"
    cp "$repo/Dockerfile" "$repo/.dockerignore" "$context/"
    strip -o "$context/dist/$arch/codexctl" "$binary"
    # Codex as its package brings it, without the voice; linked, for it is large.
    vendor=$(echo "$npm"/@openai/codex-linux-*/vendor/*)
    cp -al "$vendor/." "$context/dist/codex/" 2>/dev/null || cp -a "$vendor/." "$context/dist/codex/"
    rm -rf "$context/dist/codex/codex-resources/voice"
    podman build --quiet --pull=never --layers --target "$target" --build-arg "BASE=$base" --build-arg BINARY=given \
      --build-arg CODEX=given --build-arg "TARGETARCH=$arch" --tag "$image" "$context" >/dev/null
    rm -rf "$context"
    forget_old "$image"
  }
  echo "$image"
}

# Images of binaries that no test can still be about.
forget_old() {
  limit=$(($(date +%s) - 3 * 3600))
  podman images --noheading --format '{{.Repository}}:{{.Tag}} {{.CreatedAt}}' | while read -r name made; do
    case $name in localhost/codexctl-test:*) ;; *) continue ;; esac
    [ "$name" = "$1" ] || [ "$(date -d "${made%% +*}Z" +%s)" -gt "$limit" ] || podman rmi "$name" >/dev/null
  done
  podman image prune --force --filter until=24h >/dev/null
}

case ${1:-} in
  build) build "$2" "${3:-agent}" ;;
  base)
    make_base
    echo "$base"
    ;;
  *)
    say "unknown word ${1:-}: build, base or engine"
    exit 2
    ;;
esac
