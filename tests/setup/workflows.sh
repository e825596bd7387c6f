#!/bin/sh
# Lints every workflow and shell script of the repository. Usage: workflows.sh CACHE
set -eu
cache=$1
actionlint -shellcheck "$cache/python/bin/shellcheck"
"$cache/python/bin/zizmor" --offline --quiet --persona pedantic .github
"$cache/python/bin/python" -m check_jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
git ls-files -z '*.sh' .ci/run | xargs -0 "$cache/python/bin/shellcheck"
