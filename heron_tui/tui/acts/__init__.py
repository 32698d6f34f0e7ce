"""What the application itself does, in groups: one file each, named after what its actions are about.

An action that belongs to a pane or a view is a method of that; the rest are here. To add one, give it a line in
`actions.py` and a method `act_NAME` in a group; a new group gets its line in `GROUPS`.
"""

from .capture import CaptureActs
from .commands import CommandActs
from .copying import CopyActs
from .display import DisplayActs
from .exporting import ExportActs
from .files import FileActs
from .filters import FilterActs
from .finding import FindActs
from .group import Group
from .lists import ListActs
from .notes import NoteActs
from .texts import TextActs
from .way import WayActs

GROUPS: tuple[type[Group], ...] = (
    WayActs,
    DisplayActs,
    CopyActs,
    ExportActs,
    CaptureActs,
    CommandActs,
    FilterActs,
    NoteActs,
    ListActs,
    FileActs,
    TextActs,
    FindActs,
)
