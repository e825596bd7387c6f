#!/bin/sh
# Makes a base image of Debian packages where no public one can be reached: a tar of the machine's own release, from the machine's own
# package source, with what the image wants. Usage: image/base.sh FILE [ARCH], about 100 seconds; for another
# processor than this one some minutes more, and the kernel must know what starts its programs (qemu-user-static). Wants mmdebstrap.
set -eu
file=$1
# shellcheck source=/dev/null # it is the machine's
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
# As Debian's own slim images: nobody reads manuals in a container, but licences stay.
set -- ${2:+--architectures="$2" --skip=check/qemu}
mmdebstrap "$@" --variant=minbase --include=bash,ca-certificates,git \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --format=tar "$release" "$file.part" >&2
mv "$file.part" "$file"
