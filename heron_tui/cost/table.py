"""The table of models: shipped with the program, changed by the user's own file."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import msgspec

from ..core.errors import UsageError
from ..core.model_names import bare

SHIPPED = Path(__file__).with_name("models.toml")
FILE = "models.toml"


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model. `window` in tokens; prices in US dollars for a million tokens, None where unknown.

    From `above` input tokens on, the prices that end in `_above` hold for the whole call.
    """

    window: int | None = None
    input: float | None = None
    output: float | None = None
    cache_read: float | None = None
    cache_write: float | None = None
    cache_write_1h: float | None = None
    above: int | None = None
    input_above: float | None = None
    output_above: float | None = None
    cache_read_above: float | None = None
    cache_write_above: float | None = None


class _File(msgspec.Struct, forbid_unknown_fields=True):
    models: dict[str, Model] = {}
    as_of: date | None = None
    source: str = ""


@dataclass(frozen=True)
class Models:
    """Models by name in lower case: as the table has it, and bare where that is not another's."""

    models: dict[str, Model]
    as_of: date | None

    def find(self, name: str | None) -> Model | None:
        """The model that a call names; None where it is not in the table."""
        if not name:
            return None
        names = (name.lower(), bare(name), bare(name).removesuffix("-latest"))
        return next((self.models[one] for one in names if one in self.models), None)

    def window(self, name: str | None) -> int | None:
        """Tokens that fit into a model's window, None where unknown."""
        model = self.find(name)
        return model.window if model else None


def load(user: Path | None = None) -> Models:
    """The shipped table, with the models of the user's file in place of those of the same name.

    Raises:
        UsageError: the user's file is no TOML, has an unknown key, or a value of the wrong type.
    """
    shipped = _read(SHIPPED)
    own = _read(user) if user else _File()
    named = {name.lower(): model for name, model in (shipped.models | own.models).items()}
    return Models({bare(name): model for name, model in named.items()} | named, shipped.as_of)


def _read(path: Path) -> _File:
    try:
        return msgspec.toml.decode(path.read_bytes(), type=_File)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
