"""A line to type in."""

from textual import events
from textual.widgets import Input


class Line(Input):
    """Does what its own keys mean at once. Textual's lets them travel up to the application first: letters that were
    typed behind a backspace, or came with it after a delay, were there before it."""

    async def _on_key(self, event: events.Key) -> None:
        if not event.is_printable:
            for binding in self._bindings.key_to_bindings.get(event.key, ()):
                event.stop()
                event.prevent_default()
                await self.run_action(binding.action)
                return
        await super()._on_key(event)
