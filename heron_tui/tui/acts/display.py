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

    def act_colours(self) -> None:
        app, colouring = self.app, self.app.colouring
        colouring.on = not colouring.on
        app.say(f"colours by {len(colouring.rules)} rules; :colour-rules lists them" if colouring.on else "no colours")
        app.redraw()

    def act_colour_rules(self) -> None:
        from ..screens.pick import Pick, PickScreen

        app = self.app
        picks = [Pick(rule.text, f"{rule.glyph} {rule.name}: {rule.text}", rule.style) for rule in app.colouring.rules]

        def picked(text: str | None) -> None:
            if text is not None:
                app.filtering.apply(text)

        app.push_screen(PickScreen("Colour rules, the first that fits counts", picks), picked)

    def act_unmask(self) -> None:
        app = self.app
        app.unmasked = not app.unmasked
        app.say("secrets are shown until the end of this run" if app.unmasked else "secrets are masked")
        app.main.current.changed()
        app.redraw()

    def act_theme(self, *, argument: str = "") -> None:
        app, names = self.app, list(self.app.palettes)
        wanted = f"heron-{argument}" if argument else names[(names.index(app.palette.name) + 1) % len(names)]
        if wanted not in names:
            known = ", ".join(name.removeprefix("heron-") for name in names)
            app.say(f"there is no theme '{argument}'; there is {known}", "warn")
            return
        app.palette = app.palettes[wanted]
        app.theme = app.palette.name
        app.say(f"theme: {app.palette.name}")
        app.redraw()
