"""Prices of calls by list price, and the table they come from."""

import pytest

from heron_tui.core.errors import UsageError
from heron_tui.core.model_names import bare
from heron_tui.cost import table
from heron_tui.cost.price import price, said
from heron_tui.cost.table import Model, Models
from heron_tui.model.call import Tokens

MODELS = Models({"m": Model(window=1000, input=3, output=15, cache_read=0.3, cache_write=3.75, cache_write_1h=6)}, None)


def test_each_kind_of_token_has_its_price():
    tokens = Tokens(input=1_000_000, output=100_000, cache_read=600_000, cache_write=300_000)
    assert price(MODELS, "m", None, tokens) == pytest.approx(0.1 * 3 + 0.6 * 0.3 + 0.3 * 3.75 + 0.1 * 15)


def test_what_is_kept_for_an_hour_costs_more_to_write():
    usage = {"cache_creation": {"ephemeral_1h_input_tokens": 200_000, "ephemeral_5m_input_tokens": 100_000}}
    tokens = Tokens(input=300_000, output=0, cache_write=300_000)
    assert price(MODELS, "m", None, tokens, usage) == pytest.approx(0.1 * 3.75 + 0.2 * 6)


def test_long_prompts_have_their_own_prices():
    models = Models({"g": Model(input=1, output=10, above=200_000, input_above=2, output_above=15)}, None)
    assert price(models, "g", None, Tokens(input=200_000, output=1000)) == pytest.approx(0.2 + 0.01)
    assert price(models, "g", None, Tokens(input=200_001, output=1000)) == pytest.approx(0.400002 + 0.015)


def test_what_is_not_known_has_no_price():
    assert price(MODELS, "other", None, Tokens(input=1, output=1)) is None
    assert price(MODELS, None, None, Tokens(input=1, output=1)) is None
    assert price(MODELS, "m", None, Tokens(input=1)) is None
    assert price(MODELS, "m", "ollama", Tokens(input=1, output=1)) is None


def test_cached_tokens_without_a_price_cost_what_input_costs():
    models = Models({"x": Model(input=2, output=8)}, None)
    assert price(models, "x", None, Tokens(input=1_000_000, output=0, cache_read=900_000)) == pytest.approx(2)


@pytest.mark.parametrize(
    ("text", "cost"), [("0.00123", 0.00123), ("0", 0.0), ("-1", None), ("nan", None), ("inf", None), ("?", None)]
)
def test_a_proxy_says_its_own_cost(text, cost):
    assert said((("X-Litellm-Response-Cost", text),)) == cost


def test_the_shipped_table_knows_models_by_all_their_names():
    models = table.load()
    for name in ("claude-opus-4-5-20251101", "us.anthropic.claude-opus-4-5-20251101-v1:0", "anthropic/claude-opus-4.5"):
        found = models.find(name)
        assert found is not None and (found.window, found.input, found.output) == (200_000, 5, 25)
    assert models.window("gpt-5-2025-08-07") == 272_000
    assert models.find("no-such-model") is None
    assert models.as_of is not None


def test_a_dated_version_may_have_its_own_price():
    models = table.load()
    assert models.find("gpt-4o-2024-05-13") != models.find("gpt-4o") == models.find("gpt-4o-2024-11-20")
    assert bare("gpt-4o-2024-05-13") == "gpt-4o"


def test_the_users_table_replaces_models(tmp_path):
    own = tmp_path / "models.toml"
    own.write_text('[models]\n"gpt-5" = { window = 9, input = 1, output = 2 }\n"mine" = { window = 5 }\n')
    models = table.load(own)
    assert models.window("gpt-5") == 9
    assert models.window("mine") == 5
    assert models.window("claude-opus-4-5") == 200_000


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[models]\n"x" = { windw = 5 }', "windw"),
        ('[models]\n"x" = { input = "much" }', "input"),
        ("prices = 1", "prices"),
        ("[models", "models.toml"),
    ],
)
def test_a_mistake_in_the_users_table_is_one_line_that_names_it(tmp_path, text, says):
    own = tmp_path / "models.toml"
    own.write_text(text)
    with pytest.raises(UsageError) as caught:
        table.load(own)
    assert str(own) in str(caught.value)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
