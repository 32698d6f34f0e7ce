"""What the APIs offer besides chat: told apart by route, kept with their own `operation`, never counted as chat."""

import re
from collections.abc import Sequence
from typing import Any

from ..model.call import CallRequest
from ..model.headers import header
from ..model.http import Request
from . import embedding, lenient
from .answer import Answer
from .api import azure
from .bedrock import model_of
from .body import Body

ROUTES: tuple[tuple[str, re.Pattern[str], str, str], ...] = tuple(
    (method, re.compile(path), api, operation)
    for method, path, api, operation in (
        ("POST", r"/messages/count_tokens$", "anthropic", "count_tokens"),
        ("POST", r"/models/count-tokens:rawPredict$", "anthropic", "count_tokens"),
        ("", r"/messages/batches(/|$)", "anthropic", "batches"),
        ("POST", r"/v1/complete$", "anthropic", "completions"),
        ("POST", r"/responses/input_tokens$", "openai-responses", "count_tokens"),
        ("POST", r"/responses/compact$", "openai-responses", "compact"),
        ("POST", r"/responses/[^/]+/cancel$", "openai-responses", "cancel"),
        ("GET", r"/(v1|openai)/responses/[^/]+(/input_items)?$", "openai-responses", "get"),
        ("DELETE", r"/(v1|openai)/responses/[^/]+$", "openai-responses", "delete"),
        ("", r"/v1(beta)?/models(/[^:]*)?$", "openai", "models"),
        ("GET", r"^/openai/(deployments|models)(/[^/]*)?$", "openai", "models"),
        ("POST", r"^/api/embed(dings)?$", "ollama", "embeddings"),
        ("POST", r"/v[12]/embed(-jobs)?$", "cohere", "embeddings"),
        ("POST", r"/(multimodal|contextualized)embeddings$", "voyage", "embeddings"),
        ("POST", r"/embeddings$", "openai", "embeddings"),
        ("POST", r"/rerank$", "jina", "rerank"),
        ("POST", r"/moderations$", "openai", "moderations"),
        ("POST", r"/audio/(speech|transcriptions|translations)$", "openai", "audio"),
        ("POST", r"/images/(generations|edits|variations)$", "openai", "images"),
        ("POST", r"/v1/completions$|/deployments/[^/]+/completions$", "openai", "completions"),
        ("", r"/(v1|openai)/batches(/|$)", "openai", "batches"),
        ("POST", r":countTokens$", "gemini", "count_tokens"),
        ("POST", r":(batchEmbedContents|embedContent|embedContents)$", "gemini", "embeddings"),
        ("POST", r":batchGenerateContent$", "gemini", "batches"),
        ("POST", r"/models/[^/:]*embedding[^/:]*:predict$", "gemini", "embeddings"),
        ("POST", r"/models/imagen[^/:]*:predict$", "gemini", "images"),
        ("POST", r"/model/[^/]+/count-tokens$", "bedrock", "count_tokens"),
        ("POST", r"/model/[^/]*embed[^/]*/invoke$", "bedrock", "embeddings"),
        ("POST", r"/model/[^/]*rerank[^/]*/invoke$", "bedrock", "rerank"),
        ("GET", r"/api/tags$", "ollama", "tags"),
        ("POST", r"/api/show$", "ollama", "show"),
        ("GET", r"/api/ps$", "ollama", "ps"),
    )
)
"""Method ("" for any), path, wire API, operation. The first that holds decides."""

_hint = re.compile(
    r"/messages/|/complet|/responses/|/model|/deployments|embed|/rerank|/moderations|/audio/|/images/|/batches"
    r"|:(?:count|batch|embed|predict)|/api/(?:tags|show|ps)"
)
_model_in_path = re.compile(r"/models/([^/:]+)(?::\w+)?$|/model/([^/]+)/")
_model_in_form = re.compile(rb'name="?model"?\r\n(?:[^\r\n]+\r\n)*\r\n([^\r\n]{1,200})\r\n')


def find(request: Request) -> CallRequest | None:
    """The operation that a request's route names, read as far as its body goes; None for everything else."""
    path = request.path
    if not _hint.search(path):
        return None
    for method, pattern, api, operation in ROUTES:
        if (not method or method == request.method) and pattern.search(path):
            return _read(request, api, operation)
    return None


def by_shape(request: Request, body: Body) -> CallRequest | None:
    """An embedding or a reranking on a path that names none; None for everything else."""
    found = embedding.kind(request.path, body)
    return _call(request, body, *found) if found and "model" in body else None


def _read(request: Request, api: str, operation: str) -> CallRequest:
    if operation == "models":
        api = _owner(request)
    body = Body(request.body) if request.body[:64].lstrip()[:1] == b"{" else Body(b"", {})
    if operation in ("embeddings", "rerank") and api in ("openai", "jina"):
        api = (embedding.kind(request.path, body) or (api,))[0]
    return _call(request, body, api, operation)


def _call(request: Request, body: Body, api: str, operation: str) -> CallRequest:
    named = _model_in_path.search(request.path)
    form = None if body.members else _model_in_form.search(request.body[: 1 << 20])
    model = body.text("model") or body.inner("request").text("model") or body.text("name") or azure(request).model
    model = model.removeprefix("models/") if model else None
    if model is None and named:
        model = model_of(named[1] or named[2])
    if model is None and form:
        model = form[1].decode("utf-8", "replace")
    return CallRequest(
        wire_api=api, operation=operation, model=model, streaming=bool(body.get("stream")), error=request.error
    )


def _owner(request: Request) -> str:
    """Whose list of models is asked for: all have the same path."""
    if header(request.headers, "anthropic-version") is not None:
        return "anthropic"
    return "gemini" if "/v1beta/" in request.path else "openai"


class PlainAnswer(Answer):
    """Answers to operations that are no chat: what they share is kept, nothing else is looked at."""

    def take(self, _names: Sequence[str], data: list[bytes]) -> list[int]:
        for one in data:
            if one == b"[DONE]":
                self.ended = True
            elif (value := lenient.loads(one)) is not None:
                self.read(value)
        return []

    def read(self, value: Any) -> None:
        found = lenient.mapping(value)
        found = lenient.mapping(found.get("response")) or found
        self.model = lenient.some(found.get("model")) or self.model
        self.id = lenient.some(found.get("id")) or self.id
        if found.get("error") is not None:
            self.fail(found)
        usage = found.get("usage") or found.get("usageMetadata") or _billed(found)
        if usage is None:
            counts = {name: found[name] for name in _counts if name in found}
            usage = {_counts[name]: count for name, count in counts.items() if isinstance(count, int)}
            usage = usage or _predicted(found)
        self.use(usage)
        if finish := lenient.some(found.get("status") if found.get("object") == "response" else None):
            self.finishes[0] = finish


_counts = {
    "input_tokens": "input_tokens",
    "prompt_eval_count": "prompt_eval_count",
    "inputTokens": "inputTokens",
    "inputTextTokenCount": "inputTokens",
    "totalTokens": "inputTokens",
}
"""Where an answer counts beside all else (Bedrock's count-tokens and Titan, Gemini's countTokens), and as what."""


def _billed(found: dict[str, Any]) -> Any:
    """Cohere counts in what describes the answer: tokens, and units of search, each where it bills them."""
    return lenient.mapping(found.get("meta")).get("billed_units")


def _predicted(found: dict[str, Any]) -> dict[str, int]:
    """Tokens of Vertex's embeddings, counted with each of them."""
    statistics = [
        lenient.mapping(lenient.mapping(lenient.mapping(one).get("embeddings")).get("statistics")).get("token_count")
        for one in lenient.sequence(found.get("predictions"))
    ]
    counts = [int(count) for count in statistics if isinstance(count, int | float) and 0 <= count < 1 << 53]
    return {"inputTokens": sum(counts)} if counts else {}
