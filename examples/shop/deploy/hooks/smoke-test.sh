#!/usr/bin/env bash
# Buys something: smoke-test.sh https://host
set -euo pipefail

base=${1:?which address}
cart="smoke-test-$$"
request() { curl --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors "$@"; }

request "$base/products" >/dev/null
request --request PUT --data '{"quantity": 1}' "$base/carts/$cart/items/mug" >/dev/null
request --request PUT --data '{"quantity": 0}' "$base/carts/$cart/items/mug" >/dev/null
echo "$base sells"
