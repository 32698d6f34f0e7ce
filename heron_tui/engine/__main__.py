"""`python -m heron_tui.engine`: the engine as a process of its own, spoken to over pipes."""

import io
import os
import signal
import sys
import threading

import msgspec

from ..core.errors import HeronError
from . import protocol
from .run import Control, run


def main() -> int:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the owner decides: ctrl-c of the terminal is for it
    os.umask(0o077)
    control = Control()
    # Unbuffered: a buffer's lock, held by the listening thread, would abort the interpreter when it ends.
    orders = io.FileIO(0, closefd=False)
    job = protocol.decode_job(orders.readline())
    threading.Thread(target=_listen, args=(orders, control), daemon=True).start()
    try:
        run(job, _say, control)
    except HeronError as error:
        _say(protocol.Tick(state="failed", message=str(error)))
        return error.exit_code
    except BrokenPipeError:
        return 1
    return 0


def _listen(orders: io.FileIO, control: Control) -> None:
    """Follow the owner's commands; when the owner is gone, stop."""
    for text in orders:
        try:
            command = protocol.decode_command(text)
        except msgspec.DecodeError:
            continue
        control.paused = command.do == "pause"
        control.stop = command.do == "stop"
    control.gone = control.stop = True


def _say(tick: protocol.Tick) -> None:
    sys.stdout.buffer.write(protocol.line(tick))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    sys.exit(main())
