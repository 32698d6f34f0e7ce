#!/bin/sh
# Install the agents that `make test-agents` runs, from npm, into a cache directory; prints its path.
set -eu
cache=${HERON_TUI_AGENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/heron-tui-tests/agents}
command -v npm >/dev/null 2>&1 || {
    echo "npm is not installed: it fetches the agents. Debian, Ubuntu: sudo apt-get install npm" >&2
    exit 1
}
mkdir -p "$cache"
for package in @anthropic-ai/claude-code @openai/codex @google/gemini-cli opencode-ai; do
    [ -d "$cache/node_modules/$package" ] && [ -z "${UPDATE:-}" ] && continue
    npm install --no-audit --no-fund --prefix "$cache" "$package@latest" >&2 || echo "$package could not be installed" >&2
done
echo "$cache"
