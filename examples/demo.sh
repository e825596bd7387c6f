#!/bin/sh
# The whole flow on the example project: a real event, a real agent run, a commit, a pull request, comments, a summary.
# No GitHub, no token, no key: `origin` is a bare repository in .demo/, and a scripted model answers the real Codex agent.
# With --real and OPENAI_API_KEY the agent asks the real model instead. `make demo` builds and installs what this needs.
set -eu

root=$(cd "$(dirname "$0")/.." && pwd)
demo=$root/.demo
bin=${CARGO_TARGET_DIR:-$root/target}/debug
cache=${CODEXCTL_TEST_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/codexctl-tests}
quiet_git() { git -c init.defaultBranch=main -c user.name=octocat -c user.email=octocat@users.noreply.github.com -c core.autocrlf=false -c commit.gpgsign=false "$@"; }
headline() { printf '\n\033[1m%s\033[0m\n' "$*"; }

real=
[ "${1:-}" = --real ] && real=1
if [ -n "$real" ] && [ -z "${OPENAI_API_KEY:-}" ]; then
  echo "REAL=1 needs OPENAI_API_KEY; without REAL=1 a scripted model answers" >&2
  exit 2
fi

# A project with a remote, as a user has it.
rm -rf "$demo"
mkdir -p "$demo"
cp -R "$root/examples/shop" "$demo/shop"
cd "$demo/shop"
quiet_git init -q
quiet_git add -A
quiet_git commit -q -m "The shop as it is before the issue"
quiet_git clone -q --bare . "$demo/origin.git"
quiet_git remote add origin "$demo/origin.git"

# Nothing of the caller's environment gets in but what the run needs: the demo must not act on a real repository.
set -- env -i PATH="$PATH" HOME="$HOME" TERM="${TERM:-dumb}" XDG_STATE_HOME="$demo/state" \
  CODEXCTL_AGENT_COMMAND="$cache/bin/codex" SHOP_MCP=off
if [ -n "$real" ]; then
  set -- "$@" OPENAI_API_KEY="$OPENAI_API_KEY"
  headline "Issue #7 of the example shop is labelled [ai-dev]; the real model answers the agent"
  sandbox=
else
  "$bin/examples/scripted-model" "$root/examples/demo-model.json" >"$demo/model.address" &
  model=$!
  trap 'kill $model 2>/dev/null || true' EXIT INT TERM
  while [ ! -s "$demo/model.address" ]; do
    kill -0 $model 2>/dev/null || exit 1
    sleep 0.1
  done
  set -- "$@" OPENAI_BASE_URL="$(cat "$demo/model.address")" CODEXCTL_MODEL=scripted-model
  headline "Issue #7 of the example shop is labelled [ai-dev]; a scripted model answers the real agent"
  # What the script makes the agent do is known and harmless, also where this machine offers no sandbox.
  sandbox=--allow-unsandboxed
fi
echo "    codexctl run --event events/dev.json"
# shellcheck disable=SC2086 # $sandbox is empty or one word
"$@" "$bin/codexctl" run --event events/dev.json --color always $sandbox >"$demo/outputs"

headline "The commit on origin (git -C .demo/origin.git show codex/issue-7)"
quiet_git -C "$demo/origin.git" --no-pager show --color=always --stat --patch codex/issue-7 -- . ':!*.test.js'
headline "The pull request (.demo/shop/.codexctl/outbox/)"
cat "$demo"/shop/.codexctl/outbox/pull-codex-issue-7.md
headline "The comment on the issue"
cat "$demo"/shop/.codexctl/outbox/issue-7.comment-progress.md
headline "The job summary"
cat "$demo"/shop/.codexctl/outbox/summary.md
headline "The outputs for later steps of a workflow"
cat "$demo/outputs"
headline "Look around: .demo/shop/.codexctl/outbox/ is what a token would have sent to GitHub; .demo/origin.git is the remote."
