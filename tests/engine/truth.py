"""What the lab's server logged, held against what the engine says of the same capture.

A truth record (one JSON object per request) says what really happened; `differences` lists every statement of the
`call` records that does not agree with it.
"""

import json
import re
import struct
from pathlib import Path
from typing import Any

CAPTURES = Path(__file__).resolve().parent.parent / "captures"
CHAT = {
    "anthropic.messages": "anthropic",
    "openai.chat": "openai-chat",
    "openai.responses": "openai-responses",
    "gemini.generateContent": "gemini",
    "ollama.chat": "ollama",
}
Record = dict[str, Any]
NEAR_S = 0.05  # a server notes a request's arrival some milliseconds after its first packet


def load(name: str, folder: Path = CAPTURES) -> list[Record]:
    """The truth of the capture `name`, chat calls only, in order of arrival."""
    lines = (folder / f"{name}.truth.jsonl").read_text().splitlines()
    records = [json.loads(line) for line in lines]
    return sorted((r for r in records if r.get("api") in CHAT), key=lambda r: float(r["t_arrival"]))


def capture_end(name: str, folder: Path = CAPTURES) -> float:
    """Time of the last packet of a capture, in seconds."""
    data = (folder / f"{name}.pcap").read_bytes()
    at, last = 24, 0.0
    while at + 16 <= len(data):
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
        last = seconds + micros / 1e6
        at += 16 + size
    return last


def match(truth: Record, calls: list[Record]) -> Record | None:
    """The call of a truth record: same client port, and the answer's id or the nearest in time."""
    client = f"{truth['client'][0]}:{truth['client'][1]}"
    near = [c for c in calls if c["client"] == client and abs(c["t_request_us"] / 1e6 - truth["t_arrival"]) < NEAR_S]
    for call in near:
        if truth["response_id"] and truth["response_id"] in (call["response_id"] or ""):
            return call
    return min(near, key=lambda c: abs(c["t_request_us"] / 1e6 - truth["t_arrival"]), default=None)


def differences(truth: list[Record], calls: list[Record], end: float) -> list[str]:
    """One line per statement that is not right; [] when everything agrees.

    Some captures end before the last answer did: `end` is the time of the last packet, in seconds. What came later
    cannot be known; a call that was under way then must say so.
    """
    found: list[str] = []
    left = [c for c in calls if c["operation"] == "chat"]
    for record in truth:
        call = match(record, left)
        if call is None and record["t_body"] > end - 0.001:
            continue
        if call is None:
            found.append(f"#{record['n']}: no call found")
            continue
        left.remove(call)
        if record["t_last_byte"] > end:
            unfinished = call["outcome"] in ("in_progress", "ok")
            found += [] if unfinished else [f"#{record['n']} outcome: {call['outcome']} of a call that goes on"]
            continue
        found += [f"#{record['n']} {line}" for line in _call_differences(record, call)]
    return found


def _call_differences(truth: Record, call: Record) -> list[str]:
    outcome = _outcome(truth)
    expected: Record = {
        "wire_api": CHAT[truth["api"]],
        "request_model": truth["model"],
        "streaming": truth["stream"],
        "status": truth["status"] if call["transport"] != "websocket" else None,
        "outcome": outcome,
        "response_encoding": truth.get("res_encoding") or None,
    }
    usage = truth["usage"]
    if outcome == "ok":
        expected |= {"response_model": truth["model"], "text": truth["text"], "thinking": truth["thinking"]}
        if call["usage"] is not None or (truth.get("extra") or {}).get("include_usage", True):
            expected |= {"input_tokens": usage["input"], "output_tokens": usage["output"]}
            if truth["api"] != "ollama.chat":
                expected["cache_read_tokens"] = usage["cache_read"]
        if not truth["response_id"] or truth["response_id"] not in (call["response_id"] or ""):
            expected["response_id"] = truth["response_id"] if truth["api"] != "ollama.chat" else call["response_id"]
    found = [
        f"{key}: {call[key]!r} instead of {want!r}" for key, want in expected.items() if not _same(call[key], want)
    ]
    if outcome == "ok":
        found += _tool_differences(truth, call)
        real = truth["t_last_byte"] - truth["t_arrival"]
        if abs(call["e2e_us"] / 1e6 - real) > max(0.1 * real, 0.004):
            found.append(f"e2e: {call['e2e_us']} us instead of {real * 1e6:.0f}")
    elif outcome == "truncated" and not truth["text"].startswith(call["text"]):
        found.append(f"text of the cut stream is not the beginning of the true one: {call['text'][-40:]!r}")
    return found


def _same(got: Any, want: Any) -> bool:
    return bool(got == want) or (want in (0, "") and got in (None, 0, ""))


def _outcome(truth: Record) -> str:
    if truth["status"] >= 400 or truth["fault"] == "errevent":
        return "error"
    return "truncated" if truth.get("cut") else "ok"


def _tool_differences(truth: Record, call: Record) -> list[str]:
    def plain(arguments: Any) -> Any:
        return arguments if isinstance(arguments, dict) else {"input": arguments}

    got = [(t["name"], t["arguments"]) for t in call["tool_calls"]]
    want = [(t["name"], plain(t["args"])) for t in truth["tool_calls"]]
    return [] if _neutral(got) == _neutral(want) else [f"tool calls: {got} instead of {want}"]


def _neutral(tools: Any) -> str:
    """Paths of the lab were renamed in some of the truth logs after the fact."""
    return re.sub(r"/\w+/lab/home/([\w-]+)/(?:work|proj)\b", r"/lab/\1", json.dumps(tools))
