#!/usr/bin/env bash
# Tests what a release does besides building, on a copy of this tree: what is pinned, what is tagged, what its notes say, and that the
# pinned tree passes the linters like this one. Usage: release.sh CACHE. The builds themselves: `make release-dry-run`.
set -euo pipefail

repo=$(cd "$(dirname "$0")/../.." && pwd)
cache=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
passed=0

fail() {
  echo "release: $*" >&2
  exit 1
}
ok() { passed=$((passed + 1)); }
# refuses WORDS COMMAND...: the command fails, and says so in these words.
refuses() {
  local said
  ! said=$("${@:2}" 2>&1) || fail "this should have failed: ${*:2}"
  grep -qF -- "$1" <<<"$said" || fail "expected the words \"$1\" from: ${*:2}; got: $said"
  ok
}
git() { command git -c init.defaultBranch=main -c user.name=octocat -c user.email=octocat@users.noreply.github.com -c commit.gpgsign=false "$@"; }

# The tree as it is now, what is not committed included, as a repository of its own with a release before this one.
tree=$folder/tree
mkdir "$tree"
(cd "$repo" && git ls-files -z --cached --others --exclude-standard | while IFS= read -r -d '' file; do
  [ ! -e "$file" ] || printf '%s\0' "$file"
done | tar --null --files-from=- -cf -) | tar -C "$tree" -xf -
cd "$tree"
sed -i -E '0,/^version = /s/^version = .*/version = "1.2.3"/' Cargo.toml
git init -q
git add -A
git commit -q -m "Something old"
git tag v1.2.2
git tag v1.2.3-rc.1
git commit -q --allow-empty -m "Something new"
built=$(git rev-parse HEAD)

sums=$folder/SHA256SUMS
digest=sha256:$(printf '%064d' 4)
printf '%064d  codexctl-x86_64-unknown-linux-musl\n%064d  codexctl-aarch64-unknown-linux-musl\n%064d  image-agent-amd64.cdx.json\n' 1 2 3 >"$sums"

# A tag is a candidate of the version in Cargo.toml, or nothing.
[ "$(release/version.sh v1.2.3-rc.12)" = version=v1.2.3 ] || fail "version.sh: v1.2.3-rc.12 is of v1.2.3"
ok
refuses "looks like v1.2.3-rc.1" release/version.sh v1.2.3
refuses "Cargo.toml says v1.2.3" release/version.sh v1.2.4-rc.1

# Nothing is pinned to what is not a digest, not of this version, or not there.
refuses "expected one such as v1.2.3" release/pin.sh . 1.2.3 "$sums" "$digest"
refuses "another version than v1.2.4" release/pin.sh . v1.2.4 "$sums" "$digest"
refuses "expected sha256:" release/pin.sh . v1.2.3 "$sums" latest
head -n 1 "$sums" >"$folder/half"
refuses "each of the two binaries" release/pin.sh . v1.2.3 "$folder/half" "$digest"
cat "$sums" "$folder/half" >"$folder/twice"
refuses "each of the two binaries" release/pin.sh . v1.2.3 "$folder/twice" "$digest"
touch stray
refuses "not committed" release/pin.sh . v1.2.3 "$sums" "$digest"
rm stray
[ "$(git rev-parse HEAD)" = "$built" ] || fail "pin.sh: a refusal left a commit"
ok

# Three commits, each of which names the one before.
last=$(release/pin.sh . v1.2.3 "$sums" "$digest")
[ "$last" = "$(git rev-parse HEAD)" ] && [ "$(git rev-parse HEAD~3)" = "$built" ] && [ -z "$(git status --porcelain)" ] ||
  fail "pin.sh: expected three commits, the last one is $last"
ok
action=$(git rev-parse HEAD~2)
workflows=$(git rev-parse HEAD~1)
grep -qx "  image: docker://ghcr.io/codex-k8s/codexctl-action@$digest" action.yml || fail "action.yml does not name the image by its digest"
ok
wanted="$(printf '%064d' 2)  v1.2.3/codexctl-aarch64-unknown-linux-musl
$(printf '%064d' 1)  v1.2.3/codexctl-x86_64-unknown-linux-musl"
[ "$(git show "$action:setup/release.sha256")" = "$wanted" ] || fail "setup/release.sha256 is not what setup/ reads"
ok
calls=$(grep -rhoE 'uses: codex-k8s/codexctl-action.*' .github/workflows workflows-templates | sort -u)
while read -r _ call rest; do
  case $call in
    codex-k8s/codexctl-action@"$action" | codex-k8s/codexctl-action/setup@"$action") ;;
    codex-k8s/codexctl-action/.github/workflows/*.yml@"$workflows") ;;
    *) fail "a release calls $call" ;;
  esac
  [ "$rest" = "# v1.2.3" ] || fail "$call does not say its version, but: $rest"
done <<<"$calls"
[ "$(grep -c . <<<"$calls")" -ge 3 ] || fail "action, setup and a workflow are called by our own workflows; found: $calls"
ok
changed=$(git diff --name-only "$built" HEAD | grep -vxE 'action\.yml|setup/release\.sha256|\.github/workflows/.*|workflows-templates/.*') || true
[ -z "$changed" ] || fail "pin.sh changed more than it should: $changed"
ok
refuses "pinned already" release/pin.sh . v1.2.3 "$sums" "$digest"
# The same input gives the same commits, so that anyone can check a tag.
git reset -q --hard "$built"
again=$(TZ=Asia/Tokyo release/pin.sh . v1.2.3 "$sums" "$digest")
[ "$again" = "$last" ] || fail "pin.sh: the same input gave other commits: $again, $last"
ok

# What would call us without a digest from somewhere that nobody thought of stops the release.
git reset -q --hard "$built"
sed -i 's|uses: codex-k8s/codexctl-action/setup@.*|uses:  codex-k8s/codexctl-action/setup@main|' .github/workflows/ai.yml
git commit -q -a -m "A call that looks a little different"
refuses "still call what can change" release/pin.sh . v1.2.3 "$sums" "$digest"
git reset -q --hard "$last"

# The tag goes up once and never moves; the tag of the major version moves, but not back.
git init -q --bare "$folder/origin.git"
git push -q "$folder/origin.git" v1.2.2 "$built:refs/heads/main"
tagged() { git -C "$folder/origin.git" rev-parse "refs/tags/$1"; }
KEY=none release/tag.sh v1.2.3 "$folder/origin.git" >/dev/null
[ "$(tagged v1.2.3)-$(tagged v1)" = "$last-$last" ] || fail "tag.sh: v1.2.3 and v1 are not the release"
ok
git commit -q --allow-empty -m "Something else"
refuses "already exists" env KEY=none release/tag.sh v1.2.3 "$folder/origin.git"
[ "$(tagged v1.2.3)-$(tagged v1)" = "$last-$last" ] || fail "tag.sh: a tag moved although the push was refused"
ok
KEY=none release/tag.sh v1.2.1 "$folder/origin.git" >/dev/null
[ "$(tagged v1)" = "$last" ] && [ "$(tagged v1.2.1)" = "$(git rev-parse HEAD)" ] || fail "tag.sh: a fix of an older line took v1 back"
ok
git reset -q --hard "$last"

# The notes: since the release before, and what to verify.
printf '%064d  image-agent\n%064d  image-slim\n' 4 5 >"$folder/images.sha256"
git checkout -q "$built"
notes=$(release/notes.sh v1.2.3 "$folder")
for line in '## Changes since v1.2.2' '- Something new' "| \`codexctl-x86_64-unknown-linux-musl\` | \`$(printf '%064d' 1)\` |" \
  "| \`ghcr.io/codex-k8s/codexctl-action\`, with the agent | \`${digest#*:}\` |"; do
  grep -qxF -- "$line" <<<"$notes" || fail "notes.sh: expected the line: $line; got: $notes"
done
! grep -q 'Something old' <<<"$notes" || fail "notes.sh: lists what came before v1.2.2"
ok
git tag -d v1.2.2 >/dev/null
release/notes.sh v1.2.3 "$folder" | grep -qx -- '- Something old' || fail "notes.sh: the first release lists everything"
ok

# A release's workflows are linted like these here.
git checkout -q "$last"
export PATH=$cache/bin:$PATH
config=()
[ ! -e .github/zizmor.yml ] || config=(--config .github/zizmor.yml)
workflows=(.github/workflows/*.yml workflows-templates/*.yml)
actionlint -ignore '^unexpected key "queue" for "concurrency" section' -shellcheck "$cache/python/bin/shellcheck" "${workflows[@]}"
"$cache/python/bin/zizmor" --offline --quiet --persona pedantic "${config[@]}" "${workflows[@]}" action.yml setup/action.yml >"$folder/log" 2>&1 ||
  fail "zizmor: $(cat "$folder/log")"
"$cache/python/bin/python" -m check_jsonschema --quiet --builtin-schema vendor.github-workflows "${workflows[@]}"
"$cache/python/bin/python" -m check_jsonschema --quiet --builtin-schema vendor.github-actions action.yml setup/action.yml
ok
# The release is built by what is tested: nothing in its workflow compiles or pins by other means.
for script in version.sh dry-run.sh build.sh push.sh pin.sh tag.sh; do
  grep -q "release/$script" .github/workflows/release.yml || fail "release.yml does not call release/$script"
done
ok
echo "release: $passed passed, 0 failed"
