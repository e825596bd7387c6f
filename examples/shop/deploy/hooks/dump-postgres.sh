#!/usr/bin/env bash
# Saves the database before it is destroyed: dump-postgres.sh NAMESPACE FOLDER. Needs kubectl.
set -euo pipefail

namespace=${1:?which namespace}
folder=${2:?which folder}
file="$folder/$namespace-$(date -u +%Y%m%dT%H%M%SZ).sql"

mkdir -p "$folder"
# The variables are the pod's, not ours.
# shellcheck disable=SC2016
kubectl --namespace "$namespace" exec postgres-0 -- sh -c 'pg_dump --username "$POSTGRES_USER" "$POSTGRES_DB"' >"$file"
echo "dumped to $file"
