"""How and when the screen shows what it shows."""

from .group import Group

TIMES = {"since": "seconds since the first packet", "clock": "time of day", "delta": "since the row before"}


class DisplayActs(Group):
    def act_follow(self) -> None:
        app = self.app
        app.following = not app.following
        for view in app.main.views.values():
            view.follow(app.following)
        app.main.refresh_frame()

    def act_pause(self) -> None:
        app = self.app
        app.screen_paused = not app.screen_paused
        if not app.screen_paused:
            app.look()
        app.main.refresh_frame()

    def act_time_format(self) -> None:
        self.app.say(f"times: {TIMES[self.app.times.next_mode()]}")
        self.app.redraw()

    def act_unmask(self) -> None:
        app = self.app
        app.unmasked = not app.unmasked
        app.say("secrets are shown until the end of this run" if app.unmasked else "secrets are masked")
        app.main.current.changed()
        app.redraw()

    def act_theme(self) -> None:
        app, names = self.app, list(self.app.palettes)
        app.palette = app.palettes[names[(names.index(app.palette.name) + 1) % len(names)]]
        app.theme = app.palette.name
        app.say(f"theme: {app.palette.name}")
        app.redraw()
