"""Routes: where calls go, with what differs from call to call taken out of the path."""

import re

_named = {
    "models": "{model}",
    "model": "{model}",
    "tunedModels": "{model}",
    "deployments": "{deployment}",
    "projects": "{project}",
    "locations": "{location}",
    "endpoints": "{endpoint}",
}
"""A path segment -> what stands in for the one after it."""

_id = re.compile(
    r"\d+"
    r"|[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
    r"|(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{12,}"
    r"|[A-Za-z]+[_-](?=\w*\d)[A-Za-z0-9]{8,}"
    r"|(?=[^/]*\d)(?=[^/]*[A-Za-z])[A-Za-z0-9_-]{24,}"
)


def template(path: str) -> str:
    """A path without its query, and with names for ids, models, deployments and projects in it.

    >>> template("/v1/responses/resp_68c1f2a9b3?stream=true")
    '/v1/responses/{id}'
    >>> template("/v1beta/models/gemini-2.5-pro:generateContent")
    '/v1beta/models/{model}:generateContent'
    """
    segments = path.partition("?")[0].split("/")
    named = [_named.get(segment) for segment in segments]
    for place in range(1, len(segments)):
        segment, colon, method = segments[place].partition(":")
        if segment and (name := named[place - 1]):
            segments[place] = name + (colon + method if method.isalpha() else "")  # Bedrock's models have ":0"
        elif _id.fullmatch(segment):
            segments[place] = "{id}" + colon + method
    return "/".join(segments)


def route(server: str, path: str) -> str:
    """Server address and path template: ``10.0.0.2:443/v1/messages``."""
    return server + template(path)
