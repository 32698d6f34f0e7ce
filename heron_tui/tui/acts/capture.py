"""Stopping the capture, starting it again, and capturing something else."""

from typing import TYPE_CHECKING

import msgspec

from ...core.errors import HeronError
from ...engine.protocol import Command
from ...model.live import Live
from .group import Group

if TYPE_CHECKING:
    from ..screens.capture import Answer


class CaptureActs(Group):
    _failure = ""
    """What was on the banner when a capture that had failed was started again."""

    def act_capture(self) -> None:
        from ..screens.capture import CaptureScreen

        app, worker, capturing = self.app, self.app.worker, self.app.capturing
        running = worker is not None and worker.running
        if worker is not None and worker.job.live:
            app.push_screen(CaptureScreen(worker.job.live, running=running), self._chosen)
        elif worker is not None and app.capture_state == "failed" and self._failure != app.main.banner.text:
            self._failure = app.main.banner.text  # the banner promises it; where it fails again, one may choose
            self._start()
        elif capturing is not None:
            title = app.capture_title
            screen = CaptureScreen(
                capturing.usual, running=running, shown=title, is_file=worker is not None, missing=capturing.missing
            )
            app.push_screen(screen, self._chosen_instead)
        elif worker is None:
            app.say("this is a store: there is no capture to stop or start", "warn")
        elif running:
            self._stop()
        else:
            self._start()

    def _stop(self) -> None:
        assert self.app.worker is not None
        self.app.worker.command(Command("stop"))
        self.app.say("stopping the capture")

    def _start(self) -> None:
        app = self.app
        assert app.worker is not None
        app.main.banner.hide()
        app.capture_state = "starting"
        app.worker.start()
        app.say("starting the capture again")

    def _chosen(self, answer: "Answer") -> None:
        app, worker = self.app, self.app.worker
        if answer is None or worker is None:
            return
        if isinstance(answer, str):
            self._stop()
            return
        if self._is_nothing(answer):
            return
        worker.job = msgspec.structs.replace(worker.job, live=answer)
        app.capture_title = answer.title
        if worker.running:
            app.restart = True
            worker.command(Command("stop"))
            app.say("changing what is captured")
        else:
            self._start()
        app.main.refresh_frame()

    def _chosen_instead(self, answer: "Answer") -> None:
        """From a screen that shows a file or a store: a live capture takes its place."""
        app = self.app
        if answer == "stop":
            self._stop()
        elif answer == "again":
            self._start()
        elif answer is not None and app.capturing is not None and not self._is_nothing(answer):
            try:
                app.next = app.capturing.begin(answer)
            except HeronError as error:
                app.main.banner.show(str(error))
                return
            app.exit(0)

    def _is_nothing(self, live: Live) -> bool:
        if not live.interfaces and not live.tls:
            self.app.say("nothing is chosen: switch on TLS or an interface", "warn")
            return True
        return False
