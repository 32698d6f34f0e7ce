"""What serves a call, as far as the wire shows it. Unknown is an answer."""

from functools import lru_cache
from typing import NamedTuple

from ..model.call import CallResponse
from ..model.headers import Headers
from ..model.http import Request, Response

HOSTS = (
    ("api.anthropic.com", "anthropic"),
    ("api.openai.com", "openai"),
    ("chatgpt.com", "openai"),
    ("openai.azure.com", "azure"),
    ("cognitiveservices.azure.com", "azure"),
    ("services.ai.azure.com", "azure"),
    ("models.ai.azure.com", "azure"),
    ("generativelanguage.googleapis.com", "google"),
    ("aiplatform.googleapis.com", "google"),
    ("cloudcode-pa.googleapis.com", "google"),
    ("openrouter.ai", "openrouter"),
    ("groq.com", "groq"),
    ("together.xyz", "together"),
    ("together.ai", "together"),
    ("fireworks.ai", "fireworks"),
    ("mistral.ai", "mistral"),
    ("deepseek.com", "deepseek"),
    ("api.x.ai", "xai"),
    ("moonshot.ai", "moonshot"),
    ("moonshot.cn", "moonshot"),
    ("z.ai", "zai"),
    ("bigmodel.cn", "zai"),
    ("dashscope.aliyuncs.com", "dashscope"),
    ("cerebras.ai", "cerebras"),
    ("cohere.com", "cohere"),
    ("cohere.ai", "cohere"),
    ("voyageai.com", "voyage"),
    ("jina.ai", "jina"),
    ("githubcopilot.com", "github-copilot"),
)
"""Domain (itself and everything under it) -> provider."""

RESPONSE_HEADERS = (
    ("x-litellm-", "litellm"),
    ("anthropic-organization-id", "anthropic"),
    ("anthropic-ratelimit-", "anthropic"),
    ("x-ms-region", "azure"),
    ("azureml-model-", "azure"),
    ("x-groq-", "groq"),
    ("openai-processing-ms", "openai"),
    ("openai-organization", "openai"),
    ("x-amzn-bedrock-", "bedrock"),
)
"""Start of a response header's name -> provider; the first rule that holds decides."""
_STARTS = tuple(start for start, _ in RESPONSE_HEADERS)

SERVERS = (("llama.cpp", "llamacpp"), ("vllm", "vllm"), ("ollama", "ollama"), ("litellm", "litellm"))
"""Word in the `server` response header -> provider."""

PATHS = {
    "/api/chat": "ollama",
    "/api/generate": "ollama",
    "/api/tags": "ollama",
    "/api/show": "ollama",
    "/api/embed": "ollama",
    "/api/embeddings": "ollama",
    "/generate": "sglang",
    "/get_server_info": "sglang",
    "/completion": "llamacpp",
    "/props": "llamacpp",
    "/tokenize": "llamacpp",
}
PATH_STARTS = (("/openai/deployments/", "azure"), ("/v1internal:", "google"))


class Verdict(NamedTuple):
    """A provider, and what the verdict rests on, in words."""

    name: str
    reason: str


def provider(request: Request, response: Response | None, answer: CallResponse | None = None) -> Verdict | None:
    """The provider of a call, or None.

    It rests, in this order, on the host asked, on headers of the response that only one provider sends, on ids and
    fields of the answer, and on paths that only one server has.
    """
    host = request.host.rpartition("@")[2].lower()
    host = host if host.startswith("[") else host.partition(":")[0]
    if named := _by_host(host):
        return Verdict(named, f"host {host}")
    if response and (shown := _by_headers(response.headers)):
        return shown
    if answer and answer.served_by:
        return Verdict(answer.served_by, f"answer: {answer.served_why}")
    path = request.path
    named = PATHS.get(path) or next((name for start, name in PATH_STARTS if path.startswith(start)), None)
    return Verdict(named, f"path {path}") if named else None


@lru_cache(maxsize=256)
def _by_host(host: str) -> str | None:
    for domain, name in HOSTS:
        if host == domain or host.endswith("." + domain):
            return name
    if host.startswith("bedrock-runtime.") and host.endswith(".amazonaws.com"):
        return "bedrock"
    return "google" if host.endswith("-aiplatform.googleapis.com") else None


def _by_headers(headers: Headers) -> Verdict | None:
    names = [name.lower() for name, _ in headers]
    telling = [name for name in names if name.startswith(_STARTS)]
    for start, provider_name in RESPONSE_HEADERS if telling else ():
        for name in telling:
            if name.startswith(start):
                return Verdict(provider_name, f"response header {name}")
    for name, (_, value) in zip(names, headers, strict=True):
        if name == "server":
            lowered = value.lower()
            known = next((known for word, known in SERVERS if word in lowered), None)
            return Verdict(known, f"response header server: {value[:80]}") if known else None
    return None
