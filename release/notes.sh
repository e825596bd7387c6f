#!/usr/bin/env bash
# Prints the notes of a release, as Markdown. Usage: release/notes.sh VERSION OUT; wants the whole history with its tags.
set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
version=$1 out=$2
own=codex-k8s/codexctl-action
# The release before: the highest version that is lower than this one. Its tag stands beside the branch, three commits off it.
before=$({ git -C "$repo" tag --list 'v*' | grep -xE 'v[0-9]+\.[0-9]+\.[0-9]+' || true; echo "$version"; } |
  sort -uV | grep -xF -B 1 "$version" | head -n 1)
[ "$before" != "$version" ] || before=

# shellcheck disable=SC2016 # the backticks are Markdown's
files=$(sed -E 's/^([0-9a-f]{64})  (.*)$/| `\2` | `\1` |/' "$out/SHA256SUMS")
cat <<NOTES
## To use it

\`codexctl init\` writes the caller workflow, or take [workflows-templates/ai.yml](https://github.com/$own/blob/$version/workflows-templates/ai.yml)
as it is: all that it calls is pinned by commit and digest.

| What | SHA-256 |
|---|---|
$files
| \`ghcr.io/$own\`, with the agent | \`$(sed -n 's/  image-agent$//p' "$out/images.sha256")\` |
| \`ghcr.io/$own\`, without it (\`$version-slim\`) | \`$(sed -n 's/  image-slim$//p' "$out/images.sha256")\` |

To verify a file: \`gh attestation verify FILE --repo $own\`; an image: \`gh attestation verify oci://ghcr.io/$own:$version --repo $own\`.
More in [docs/releasing.md](https://github.com/$own/blob/$version/docs/releasing.md).

## Changes${before:+ since $before}

NOTES
git -C "$repo" log --no-merges --format='- %s' ${before:+"$before.."}HEAD
