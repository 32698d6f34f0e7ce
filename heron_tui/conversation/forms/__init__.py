"""The wire APIs, one file each: how their requests are read whole."""

from . import anthropic, bedrock, gemini, ollama, openai_chat, openai_responses
from .form import Form

FORMS: dict[str, Form] = {
    "anthropic": anthropic.FORM,
    "openai-chat": openai_chat.FORM,
    "openai-responses": openai_responses.FORM,
    "gemini": gemini.FORM,
    "ollama": ollama.FORM,
    "cohere": openai_chat.FORM,
    "bedrock": bedrock.FORM,
}
"""By the names that records have in `wire_api`."""
