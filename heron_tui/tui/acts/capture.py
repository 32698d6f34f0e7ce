"""Stopping the capture, and starting it again."""

from ...engine.protocol import Command
from .group import Group


class CaptureActs(Group):
    def act_capture(self) -> None:
        app = self.app
        if app.worker is None:
            app.say("this is a store: there is no capture to stop or start", "warn")
        elif app.worker.running:
            app.worker.command(Command("stop"))
            app.say("stopping the capture")
        else:
            app.main.banner.hide()
            app.capture_state = "starting"
            app.worker.start()
            app.say("starting the capture again")
