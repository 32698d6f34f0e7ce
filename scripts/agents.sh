#!/bin/sh
# Install the agents that `make test-agents` runs, from npm, into a cache directory; prints its path.
# UPDATE=1 fetches the newest versions again; OLDER=1 takes some older ones instead, into a directory of their own.
set -eu
cache=${HERON_TUI_AGENTS:-${XDG_CACHE_HOME:-$HOME/.cache}/heron-tui-tests/agents}
agents="@anthropic-ai/claude-code@latest @openai/codex@latest @google/gemini-cli@latest opencode-ai@latest"
if [ -n "${OLDER:-}" ]; then
    cache=$cache-older
    agents="@anthropic-ai/claude-code@2.1.197 @openai/codex@0.165.0 @google/gemini-cli@0.58.0 opencode-ai@1.18.29"
fi
command -v npm >/dev/null 2>&1 || {
    echo "npm is not installed: it fetches the agents. Debian, Ubuntu: sudo apt-get install npm" >&2
    exit 1
}
mkdir -p "$cache"
for agent in $agents; do
    [ -d "$cache/node_modules/${agent%@*}" ] && [ -z "${UPDATE:-}" ] && continue
    npm install --no-audit --no-fund --prefix "$cache" "$agent" >&2 || echo "$agent could not be installed" >&2
done
echo "$cache"
