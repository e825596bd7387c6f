#!/bin/sh
# Runs the demo as a newcomer does and checks what it promises to leave: commit, pull request, comment, summary, label taken off.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
fail() {
  echo "demo: $*; its output:" >&2
  cat "$log" >&2
  exit 1
}
make --no-print-directory -C "$root" demo >"$log" 2>&1 || fail "it failed"
outbox=$root/.demo/shop/.codexctl/outbox
git -C "$root/.demo/origin.git" show codex/issue-7:services/checkout/cart.js | grep -q lineTotal || fail "the commit is not on origin"
[ "$(git -C "$root/.demo/origin.git" rev-list --count main..codex/issue-7)" = 1 ] || fail "there is not one commit"
tail -n 1 "$outbox/pull-codex-issue-7.md" | grep -qx 'Closes #7' || fail "the pull request does not close the issue"
grep -q '✅ Done' "$outbox/issue-7.comment-progress.md" || fail "the comment does not say done"
grep -q '✅ done: dev for #7' "$outbox/summary.md" || fail "there is no summary"
grep -q 'ai-dev' "$outbox/issue-7.labels.md" || fail "the label was not taken off"
for word in 'The commit on origin' 'The pull request' 'The comment on the issue' 'The job summary' 'verdict: done'; do
  grep -q "$word" "$log" || fail "it does not show: $word"
done
echo "demo: 8 passed, 0 failed"
