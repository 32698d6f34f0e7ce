"""Names of models without what vendors, clouds and proxies add to them."""

import re
from functools import lru_cache

_date = re.compile(r"[-@:](?:20\d{6}|20\d\d-\d\d-\d\d)$")
_cloud = re.compile(
    r"^(?:(?:us|eu|apac|jp|au|global|us-gov)\.)?(?:anthropic|openai|meta|mistral|deepseek|amazon|google)\."
)
_version = re.compile(r"-v\d+(?::\d+)?$")
_variant = re.compile(r"\[[\w.]+\]$|:(?:free|nitro|floor|online|thinking|extended|exacto)$")


@lru_cache(maxsize=1024)
def bare(model: str) -> str:
    """`model` in lower case without vendor, cloud, version and date: names that are equal mean the same model.

    ``openai/gpt-5-2025-08-07``, ``gpt-5`` and ``GPT-5`` are equal; so are
    ``us.anthropic.claude-opus-4-5-20251101-v1:0`` (Amazon Bedrock), ``claude-opus-4-5@20251101`` (Vertex AI),
    ``claude-opus-4.5`` (OpenRouter) and ``claude-opus-4-5[1m]`` (Claude Code).
    """
    name = model.strip().lower().rpartition("/")[2]
    name = _variant.sub("", name)
    name = _cloud.sub("", name)
    name = _version.sub("", name)
    name = _date.sub("", name)
    return re.sub(r"(?<=\d)\.(?=\d)", "-", name)
