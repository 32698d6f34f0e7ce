"""Stopping the capture, starting it again, and capturing something else."""

from typing import TYPE_CHECKING

import msgspec

from ...engine.protocol import Command
from .group import Group

if TYPE_CHECKING:
    from ..screens.capture import Answer


class CaptureActs(Group):
    def act_capture(self) -> None:
        from ..screens.capture import CaptureScreen

        app = self.app
        if app.worker is None:
            app.say("this is a store: there is no capture to stop or start", "warn")
        elif live := app.worker.job.live:
            app.push_screen(CaptureScreen(live, running=app.worker.running), self._chosen)
        elif app.worker.running:
            app.worker.command(Command("stop"))
            app.say("stopping the capture")
        else:
            self._start()

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
        if answer == "stop":
            worker.command(Command("stop"))
            app.say("stopping the capture")
            return
        if not answer.interfaces and not answer.tls:
            app.say("nothing is chosen: switch on TLS or an interface", "warn")
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
