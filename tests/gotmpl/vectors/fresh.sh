#!/bin/sh
# Compares fresh vectors with Go: fresh.sh FIRST_SEED LAST_SEED [COUNT]. Needs Go; ends with 1 at the first difference.
set -eu
cd "$(dirname "$0")"
cargo build --quiet --example gotmpl_vectors
compare=$(cargo metadata --format-version 1 --no-deps | sed 's/.*"target_directory":"\([^"]*\)".*/\1/')/debug/examples/gotmpl_vectors
build=$(mktemp -d)
trap 'rm -rf "$build"' EXIT
go build -o "$build/vectors" .
for seed in $(seq "$1" "$2"); do
    "$build/vectors" gen "$seed" "${3:-5000}" > "$build/lines"
    printf 'seed %s: ' "$seed"
    "$compare" < "$build/lines"
done
