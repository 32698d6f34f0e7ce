"""What every group of actions has: the application it acts on."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..app import HeronApp


class Group:
    """Actions of the application that belong together, as methods `act_NAME`."""

    def __init__(self, app: "HeronApp") -> None:
        self.app = app
