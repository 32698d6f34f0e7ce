"""Embeddings and rerankings by the shape of their requests: vendors share paths, and proxies rewrite them.

From the vendors' references (no client of theirs was captured): https://docs.cohere.com/reference/embed,
https://docs.cohere.com/reference/rerank, https://docs.voyageai.com/reference, https://api.jina.ai/redoc.
"""

import re
from typing import NamedTuple

from .body import Body

COHERE = frozenset({"texts", "inputs", "images", "embedding_types", "max_tokens_per_doc", "max_chunks_per_doc"})
VOYAGE = frozenset({"input_type", "truncation", "output_dtype", "output_dimension", "top_k"})
JINA = frozenset({"task", "late_chunking", "embedding_type", "normalized", "return_multivector", "top_n"})
OPENAI = frozenset({"encoding_format", "dimensions"})

_texts = re.compile(rb'\s*(?:"|\[\s*["\d\[]|\[\s*\{\s*"(?:text|image|content)")')
"""A text, a list of texts, of tokens, or of texts and pictures: never messages, which have roles."""


class Kind(NamedTuple):
    wire_api: str
    operation: str


def kind(path: str, body: Body) -> Kind | None:
    """Which of the two a request asks for, and in whose form; None where its body tells neither.

    A body with `query` and `documents` is a reranking. Texts alone are no embedding (moderations have them too): one of
    the settings that only embeddings have must stand beside them.
    """
    names = body.members.keys()
    if "messages" in names or "contents" in names:
        return None
    if "query" in names and "documents" in names:
        return Kind(_reranker(path, body), "rerank")
    if "input_type" in names and names & {"texts", "inputs", "images"}:
        return Kind("cohere", "embeddings")
    texts = body.members.get("input")
    if texts is None or not _texts.match(bytes(memoryview(texts)[:64])):
        return None
    for name, marks in (("voyage", VOYAGE), ("jina", JINA), ("openai", OPENAI)):
        if names & marks:
            return Kind(name, "embeddings")
    return None


def _reranker(path: str, body: Body) -> str:
    """Jina's form is the one that most servers have; Cohere's second version has a path of its own."""
    if path.endswith("/v2/rerank") or body.members.keys() & COHERE:
        return "cohere"
    return "voyage" if body.members.keys() & VOYAGE else "jina"
