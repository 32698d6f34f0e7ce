"""Errors meant for a person: one line that names the place and the mend, and the exit code that goes with it."""


class HeronError(Exception):
    """Something the user can mend. `str(error)` is one clear line; `exit_code` ends the program."""

    exit_code = 1


class UsageError(HeronError):
    """A flag, a filter, a configuration or a profile that is not right."""

    exit_code = 2


class PrivilegeError(HeronError):
    """A right is missing; the message says which, and the command that has it."""

    exit_code = 3


class SourceError(HeronError):
    """A capture or a store cannot be read."""

    exit_code = 4
