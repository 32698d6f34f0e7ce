"""What is on screen while the ground moves: an answer that grows, a capture file that goes away."""

from collections.abc import Callable
from pathlib import Path

from heron_tui.engine.run import replay
from heron_tui.store.reader import Reader
from heron_tui.tui.app import HeronApp
from heron_tui.tui.document import Part
from tests.conftest import CAPTURES
from tests.tui.conftest import press, running, screen_text, settle


def answer(words: int) -> list[Part]:
    return [Part("Answer", "\n".join(f"word {n}" for n in range(words)))]


async def test_an_answer_that_grows_is_followed_until_one_scrolls_up(make_app: Callable[..., HeronApp]):
    app = make_app()
    async with running(app) as pilot:
        await press(pilot, "3 tab")
        pane = app.main.current.text

        async def grow(words: int) -> str:
            pane.show(answer(words), key="call", title="Call", note="streaming", at_end=True)
            await settle(pilot)
            return screen_text(app)

        assert "word 2" in await grow(3)
        for words in (40, 41, 400):
            assert f"word {words - 1}" in await grow(words)
            await press(pilot, "G")
        await press(pilot, "g g")
        text = await grow(4000)
        assert "word 3999" not in text
        assert "word 1" in text


async def test_packets_whose_file_is_gone_say_so_and_the_rest_is_shown(tmp_path: Path):
    copy, store = tmp_path / "copy.pcap", tmp_path / "run.store"
    copy.write_bytes((CAPTURES / "openai-sdk.pcap").read_bytes())
    replay([str(copy)], store)
    copy.unlink()
    app = HeronApp(store, lambda: Reader(store))
    async with running(app, (120, 40)) as pilot:
        await press(pilot, "1 12G tab tab")
        text = screen_text(app)
        assert "the capture file" in " ".join(text.split())
        assert "POST" in text
        await press(pilot, "3 j j enter j enter")
        assert app.is_running
