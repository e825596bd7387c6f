#!/usr/bin/env bash
# Fails, naming them, unless every variable given by name is set: require-variables.sh NAME...
set -euo pipefail

missing=()
for name in "$@"; do
  [[ -n "${!name:-}" ]] || missing+=("$name")
done
if ((${#missing[@]})); then
  echo "set ${missing[*]}: this environment does not run with built-in values" >&2
  exit 1
fi
