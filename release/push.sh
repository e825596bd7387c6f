#!/usr/bin/env bash
# Pushes an image of a release from its OCI layout to a registry, by its digest and without a tag: nobody gets it who does not ask for
# that digest. Usage: release/push.sh OUT agent|slim [FLAG...], flags are skopeo's; with REGISTRY=HOST to somewhere else than ghcr.io.
set -euo pipefail

out=$1 target=$2
shift 2
digest=$(sed -n "s/  image-$target\$//p" "$out/images.sha256")
version=$(sed -nE 's/.*"org.opencontainers.image.ref.name":"([^"]*)".*/\1/p' "$out/image-$target/index.json")
skopeo copy --quiet --all --preserve-digests "$@" "oci:$out/image-$target:$version" \
  "docker://${REGISTRY:-ghcr.io}/codex-k8s/codexctl-action@sha256:$digest"
echo "${REGISTRY:-ghcr.io}/codex-k8s/codexctl-action@sha256:$digest"
