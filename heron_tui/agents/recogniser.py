"""Which agent made a request: found once for requests that look the same."""

from collections.abc import Hashable, Sequence

from .profile import Profile
from .view import View

MOST_KNOWN = 4096


class Recogniser:
    """The first profile that recognises a request; the last one where none does.

    An agent's requests differ in their messages, and rarely in what tells agents apart.
    """

    def __init__(self, profiles: Sequence[Profile]) -> None:
        self._profiles = profiles
        conditions = [condition for profile in profiles for condition in profile.recognise]
        self._places = tuple(dict.fromkeys([place for one in conditions for place in one.places]))
        self._params = tuple(dict.fromkeys([name for one in conditions for name, _ in one.params]))
        self._hears = any(one.user for one in conditions)
        self._known: dict[Hashable, Profile] = {}

    def find(self, view: View) -> Profile:
        looks = self._looks(view)
        profile = self._known.get(looks)
        if profile is None:
            profile = self._find(view)
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[looks] = profile
        return profile

    def _looks(self, view: View) -> Hashable:
        """All that the conditions look at; texts by their hashes, which Python keeps with them."""
        call, request = view.call, view.call.request
        return (
            request.operation,
            request.tools,
            request.schema,
            request.model,
            call.path,
            hash(view.user) if self._hears else 0,
            tuple(map(hash, view.system_texts)),
            tuple([place.read(view) for place in self._places]),
            tuple([repr(request.params.get(name)) for name in self._params]),
        )

    def _find(self, view: View) -> Profile:
        for profile in self._profiles[:-1]:
            if any(condition.holds(view) for condition in profile.recognise):
                return profile
        return self._profiles[-1]
