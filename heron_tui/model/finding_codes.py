"""Every code that a finding can have: what it means, and what to do about it."""

from typing import NamedTuple


class Code(NamedTuple):
    """`meaning` and `action` are a sentence or two each, for a person who sees the finding."""

    meaning: str
    action: str


CODES: dict[str, Code] = {
    "tcp.gap": Code(
        "Bytes of this connection are not in the capture. What stood in them cannot be told; the rest is read on.",
        "Capture with a larger buffer or closer to the client, and look at the drop counters.",
    ),
    "tcp.midstream": Code(
        "The capture begins inside this connection: what was said before is not known.",
        "Start the capture before the agent, or take what this connection shows as a part of the story.",
    ),
    "h2.desync": Code(
        "The header table of this HTTP/2 connection is not known from its beginning, or frames are missing: some"
        " headers cannot be read.",
        "Start the capture before the connection. Bodies that could be followed are shown all the same.",
    ),
    "http.desync": Code(
        "The decoder lost its way in this HTTP/1 connection and went on at the next message that it could be sure of.",
        "Look at the bytes at the packet named: a gap, a proxy that mixes protocols, or something that is not HTTP.",
    ),
    "websocket.desync": Code(
        "The decoder lost its way in this WebSocket, or joined it in the middle of compressed messages.",
        "Start the capture before the connection, and look for gaps in it.",
    ),
    "capture.lost": Code(
        "Packets were lost or could not be read: dropped by the capturing side, cut, or damaged.",
        "Use a narrower capture filter, a larger buffer, and a snap length of 262144.",
    ),
    "body.truncated": Code(
        "A body is larger than what is kept of one, or decodes to more than 200 times its size. What lies beyond is"
        " counted, not shown.",
        "Nothing is wrong with the agent, but look at a body that swells like that. The capture file still holds it.",
    ),
    "call.error": Code(
        "The server answered with an error status, or with an error inside the stream. A call that was tried again"
        " afterwards is a warning only.",
        "Read the message. 429 and 529: too many requests, look for call.retry_storm. 400: look at the request.",
    ),
    "call.aborted": Code(
        "The client closed the connection, or reset the stream, before the answer was whole.",
        "A user who pressed escape, a client's own time-out, or a process that was killed: look at the turn around it.",
    ),
    "call.no_response": Code(
        "The connection ended without any answer to this request.",
        "Look at the server or at what stands before it; the client's time-out may be shorter than the time it needs.",
    ),
    "stream.cut": Code(
        "A streamed answer ended without the end marker of its API: the agent has got a part of it only.",
        "Look at proxies and their idle time-outs, and at whether the client tried again.",
    ),
    "stream.stall": Code(
        "More than ten seconds passed inside a stream without a piece of the answer.",
        "The model or a proxy stood still. The events of the call, with their times, show where.",
    ),
    "websocket.refused": Code(
        "A server refused to go on as a WebSocket. Clients try again several times before they go on over HTTP, if"
        " they do.",
        "Turn WebSockets off in the agent's settings, or let the proxy in between pass upgrades: the tries delay the"
        " first call.",
    ),
    "call.retry_storm": Code(
        "One request was sent three times or more because it failed again and again.",
        "Look at the first error: a limit (wait, or fewer agents at once), or a request that can never succeed.",
    ),
    "call.model_mismatch": Code(
        "The answer names another model than the request asked for, beyond aliases and dates.",
        "A router, a proxy or the provider put another model in its place: check the proxy's model list.",
    ),
    "cache.broken": Code(
        "Fewer input tokens came from the prompt cache than in the call before, although the conversation went on. The"
        " first tool, system block or message that differs is named. A note: the prompt is as before, and the cache"
        " expired or was not found.",
        "Keep what stands early in the prompt stable: no times, no changing tool lists, no edits of the history. `D`"
        " compares the call with the one before.",
    ),
    "context.near_limit": Code(
        "The prompt fills 80, 90 or 95 percent of the model's window; what fills it is named by its share of bytes.",
        "Compact or clear the conversation, offer fewer tools, cut tool results. `w` shows the parts.",
    ),
    "turn.loop": Code(
        "One agent ran the same tool with the same arguments three times or more within a turn.",
        "It does not learn from the result: read the result it gets, and what the prompt says about failing.",
    ),
    "turn.no_final": Code(
        "The turn has no final answer. A note: the capture ended before it could have one.",
        "Look at its last call: aborted, failed, cut by a token limit, or waiting for a tool that never came back.",
    ),
    "tool.error": Code(
        "The result that was sent back says that the tool failed.",
        "Read the result. Some failures are the agent's way to find out; the same one again and again is not.",
    ),
    "tool.slow": Code(
        "More than a minute passed between the answer that asked for the tool and the request that carried its result.",
        "Look at what the tool does; a question to the user counts as tool time too.",
    ),
    "tool.no_result": Code(
        "The model asked for a tool, the agent went on, and never sent a result.",
        "A client that drops results, or edits its history: compare the next request.",
    ),
    "secret.in_prompt": Code(
        "A message to the model holds what looks like a key, a token or a private key. A note where only its place"
        " says so.",
        "Revoke the key if it is real, and find which file or tool brought it into the conversation.",
    ),
    "process.unknown": Code(
        "The process behind a local connection could not be found.",
        "It ended too soon, lives in another network namespace, or needs more rights to be seen: heron-tui doctor.",
    ),
}
