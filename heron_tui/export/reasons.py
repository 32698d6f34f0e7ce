"""Why something is not exported: each reason has a code, and each occurrence a sentence."""

REASONS = {
    "contained": "its history is part of a longer record",
    "side-call": "a side call of the agent (title, compaction, probe), left out unless asked for",
    "subagent": "a sub-agent, left out as asked",
    "no-chat": "not a chat call",
    "leg": "the same call, seen once more behind a proxy",
    "no-calls": "no call of the conversation itself",
    "failed": "the call failed and was not repeated",
    "cut": "the answer was cut off, or had not ended",
    "lost": "bytes of the request or the answer were lost",
    "request": "the request cannot be read",
    "missing": "it goes on from a response that is not in the store",
    "no-answer": "nothing was answered",
    "no-final": "the last answer asks for a tool: there is no final answer",
    "limit": "the answer was cut at its token limit",
    "refused": "the model refused, or a filter stopped it",
    "choices": "several alternatives were answered",
    "arguments": "arguments of a tool call are no JSON object",
    "orphan": "a tool result without its call",
    "unanswered": "a tool call without its result",
    "server-tool": "a tool that the API ran itself has no form here",
    "part": "a part of a message has no form here",
    "image": "an image that is not in the request, or stands where none can be",
    "order": "the messages are in no order that can be learned from",
}


class Refused(Exception):
    """A record that cannot be written without saying less, or else, than the wire did."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{REASONS[code]}{f' ({detail})' if detail else ''}")
        self.code = code
