"""A request as conditions and places see it."""

from functools import cached_property

from ..model.call import Call


class View:
    """What is made of a call here is made once, and only where it is asked for."""

    def __init__(self, call: Call) -> None:
        self.call = call

    @cached_property
    def headers(self) -> dict[str, str]:
        """The first value of each header, by its name in lower case."""
        return {name.lower(): value for name, value in reversed(self.call.request_headers)}

    @cached_property
    def system_texts(self) -> tuple[str, ...]:
        """All system text: outside the messages, and inside them where the API allows it."""
        request = self.call.request
        inside = [text for message in request.messages if message.role == "system" for text in message.texts]
        return tuple([text for text in (request.system, *inside) if text])

    @cached_property
    def system(self) -> str:
        return "\n".join(self.system_texts)

    @cached_property
    def user(self) -> str:
        """Text of the last message that is the user's, scaffolding included."""
        for message in reversed(self.call.request.messages):
            if message.role == "user" and message.texts:
                return message.text
        return ""
