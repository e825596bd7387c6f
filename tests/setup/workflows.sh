#!/bin/sh
# Lints every workflow, action and shell script of the repository, and the workflow that `codexctl init` writes. Usage: workflows.sh CACHE
# What is left out on purpose stands in docs/security.md, with its reason.
set -eu
cache=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cargo run --quiet --bin codexctl -- init --dir "$folder" >/dev/null
set -- .github/workflows/*.yml workflows-templates/*.yml "$folder/.github/workflows/codexctl.yml"
# actionlint 1.7.12 does not know `queue` yet; the schema below does, and its one value.
unknown='^unexpected key "queue" for "concurrency" section\. expected one of "cancel-in-progress", "group"$'
actionlint -ignore "$unknown" -shellcheck "$cache/python/bin/shellcheck" "$@"
"$cache/python/bin/python" -m check_jsonschema --builtin-schema vendor.github-workflows "$@"
"$cache/python/bin/python" -m check_jsonschema --builtin-schema vendor.github-actions action.yml setup/action.yml
"$cache/python/bin/zizmor" --offline --quiet --persona pedantic --config .github/zizmor.yml "$@" action.yml setup/action.yml
git ls-files -z '*.sh' .ci/run | xargs -0 "$cache/python/bin/shellcheck"
