"""The eight metrics, against answers worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heron_tui.metrics.measure import (
    MOST_STEPS,
    SECOND,
    STEPS_US,
    Measures,
    extent,
    measure,
    measure_by,
    series,
    spread,
    step_for,
)
from heron_tui.metrics.points import CallPoint, Points

S = SECOND


def call(start, end, **more):
    """A call from second `start` to second `end` (None: open), whose request is sent in no time."""
    end_us = None if end is None else round(end * S)
    start_us = round(start * S)
    e2e = None if end_us is None else end_us - start_us
    return CallPoint(start_us, start_us, end_us, **{"e2e_us": e2e, **more})


FOUR = [
    call(0, 4, ttft_us=1 * S, tpot_us=10_000, input_tokens=100, cache_read_tokens=60, output_tokens=50,
         finish="end_turn", model="a", agent="x"),
    call(1, 3, ttft_us=0.5 * S, tpot_us=30_000, input_tokens=300, cache_read_tokens=0, output_tokens=10,
         finish="tool_use", model="b", agent="x"),
    call(2, 3, ttft_us=1 * S, streamed=False, outcome="error", model="a", agent="y"),
    call(9, None, model="a"),
]  # fmt: skip


def test_a_window_that_holds_everything():
    got = measure(Points.of(FOUR), 10 * S, 10 * S)
    assert (got.start_us, got.end_us, got.started, got.ended) == (0, 10 * S, 4, 3)
    assert got.call_rate == 0.4
    assert got.ttft is not None
    assert (got.ttft.count, got.ttft.average, got.ttft.p50) == (3, 2.5 * S / 3, 1 * S)
    assert got.ttft_unstreamed == 1
    assert got.e2e is not None
    assert (got.e2e.count, got.e2e.average, got.e2e.p50, got.e2e.largest) == (3, 7 * S / 3, 2 * S, 4 * S)
    assert got.e2e.p95 == pytest.approx(3.8 * S)
    assert got.e2e.p99 == pytest.approx(3.96 * S)
    assert got.tpot is not None
    assert (got.tpot.count, got.tpot.average, got.tpot.p50) == (2, 20_000, 20_000)
    assert (got.input_tokens, got.output_tokens, got.input_rate, got.output_rate) == (400, 60, 40, 6)
    assert got.active_average == (4 + 2 + 1 + 1) / 10
    assert got.active_peak == 3
    assert (got.errors, got.error_rate) == ({"error": 1}, 1 / 3)
    assert got.cache_ratio == 60 / 400
    assert got.finishes == {"end_turn": 1, "tool_use": 1, "": 1}


def test_a_window_in_the_middle():
    got = measure(Points.of(FOUR), 4 * S, 2 * S)  # [2 s, 4 s): the first call ends just behind it
    assert (got.started, got.ended, got.call_rate) == (1, 2, 0.5)
    assert got.ttft is not None  # only the third call's came in it
    assert (got.ttft.count, got.ttft.p50) == (1, 1 * S)
    assert (got.input_tokens, got.output_rate) == (300, 5)
    assert (got.active_average, got.active_peak) == ((2 + 1 + 1) / 2, 3)
    assert (got.error_rate, got.cache_ratio) == (0.5, 0)


def test_a_window_in_which_nothing_happens():
    got = measure(Points.of(FOUR), 8 * S, 2 * S)
    assert (got.started, got.ended, got.call_rate, got.output_rate) == (0, 0, 0, 0)
    assert (got.ttft, got.e2e, got.tpot, got.error_rate, got.cache_ratio) == (None,) * 5
    assert (got.active_average, got.active_peak, got.errors, got.finishes) == (0, 0, {}, {})
    assert measure(Points.of([]), 8 * S, 2 * S).started == 0


def test_an_open_call_is_active_and_neither_ended_nor_failed():
    got = measure(Points.of([call(0, None, outcome="in_progress", ttft_us=S)]), 10 * S, 4 * S)
    assert (got.started, got.ended, got.active_average, got.active_peak) == (0, 0, 1, 1)
    assert got.error_rate is None


def test_kinds_of_error():
    kinds = ["error", "truncated", "aborted", "no_response", "no_response", "ok"]
    got = measure(Points.of(call(0, 1, outcome=kind) for kind in kinds), 2 * S, 2 * S)
    assert got.errors == {"error": 1, "truncated": 1, "aborted": 1, "no_response": 2}
    assert got.error_rate == 5 / 6


def test_calls_that_follow_each_other_do_not_meet():
    got = measure(Points.of([call(0, 1), call(1, 2), call(2, 3)]), 3 * S, 3 * S)
    assert (got.active_average, got.active_peak) == (1, 1)


def test_a_call_without_length_was_open_for_a_moment():
    got = measure(Points.of([call(1, 1)]), 3 * S, 3 * S)
    assert (got.ended, got.active_peak) == (1, 1)


def test_more_cached_than_input_cannot_be():
    got = measure(Points.of([call(0, 1, input_tokens=10, cache_read_tokens=90)]), 2 * S, 2 * S)
    assert got.cache_ratio == 1


def test_percentiles_are_linear_between_values():
    got = spread(np.array([4.0, math.nan, 1.0, 3.0, 2.0]))
    assert got is not None
    assert (got.count, got.average, got.p50, got.largest) == (4, 2.5, 2.5, 4)
    assert (got.p95, got.p99) == (pytest.approx(3.85), pytest.approx(3.97))
    assert spread(np.array([math.nan])) is None


def test_by_model_and_by_agent():
    points = Points.of(FOUR)
    by_model = measure_by(points, "model", 10 * S, 10 * S)
    assert list(by_model) == ["a", "b"]
    assert (by_model["a"].started, by_model["b"].started) == (3, 1)
    assert by_model["b"].cache_ratio == 0
    by_agent = measure_by(points, "agent", 10 * S, 10 * S)
    assert {name: got.started for name, got in by_agent.items()} == {"x": 2, "y": 1, None: 1}
    assert list(measure_by(points, "model", 3 * S, 1 * S)) == ["a", "b"]
    assert measure_by(points, "route", 8 * S, 1 * S) == {}


def test_series():
    steps = series(Points.of(FOUR), 0, 10 * S, 2 * S)
    assert [step.started for step in steps] == [2, 1, 0, 0, 1]
    assert [step.ended for step in steps] == [0, 2, 1, 0, 0]
    assert [step.active_peak for step in steps] == [2, 3, 0, 0, 1]
    assert [step.output_rate for step in steps] == [0, 5, 25, 0, 0]
    assert [step.end_us for step in series(Points.of(FOUR), 0, 5 * S, 2 * S)] == [2 * S, 4 * S, 6 * S]


@pytest.mark.parametrize(("length", "step"), [(0, 1), (-1, 1), (S, 0)])
def test_lengths_that_are_none(length, step):
    points = Points.of(FOUR)
    with pytest.raises(ValueError, match="must have a length"):
        measure(points, S, length) if step else series(points, 0, S, step)


def test_too_many_steps_are_refused():
    with pytest.raises(ValueError, match="take longer ones"):
        series(Points.of(FOUR), 0, (MOST_STEPS + 1) * S, S)


def test_the_extent_and_the_step_that_shows_it():
    assert extent(Points.of([])) is None
    assert extent(Points.of(FOUR)) == (0, 9 * S + 1)
    assert measure(Points.of(FOUR), 9 * S + 1, 9 * S + 1).started == 4
    assert step_for(60 * S, 100) == S
    assert step_for(3600 * S, 100) == 60 * S
    assert step_for(10**15, 100) == STEPS_US[-1]


counts = st.none() | st.integers(0, 1000)
names = st.sampled_from([None, "a", "b"])
times = st.integers(0, 60 * S)


@st.composite
def some_calls(draw):
    start = draw(times)
    end = draw(st.none() | st.integers(start, 80 * S))
    return CallPoint(
        start,
        start,
        end,
        ttft_us=draw(st.none() | st.integers(0, 5 * S if end is None else end - start)),  # never behind the last byte
        e2e_us=None if end is None else end - start,
        outcome="in_progress" if end is None else draw(st.sampled_from(["ok", "error", "aborted"])),
        finish=draw(st.sampled_from([None, "stop"])),
        input_tokens=draw(counts),
        output_tokens=draw(counts),
        cache_read_tokens=draw(counts),
        model=draw(names),
        route=draw(names),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(some_calls(), max_size=30), st.integers(1, 90 * S), st.integers(1, 90 * S))
def test_groups_sum_to_the_whole(calls, end, length):
    points = Points.of(calls)
    whole = measure(points, end, length)
    for group in ("model", "route"):
        parts = list(measure_by(points, group, end, length).values())
        for name in ("started", "ended", "input_tokens", "output_tokens", "ttft_unstreamed"):
            assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
        for name in ("call_rate", "input_rate", "output_rate", "active_average"):
            assert sum(getattr(part, name) for part in parts) == pytest.approx(getattr(whole, name))
        assert sum(part.errors.get("error", 0) for part in parts) == whole.errors.get("error", 0)
        assert whole.active_peak <= sum(part.active_peak for part in parts)
    _check(whole, calls)


def _check(got: Measures, calls: list[CallPoint]) -> None:
    for ratio in (got.error_rate, got.cache_ratio):
        assert ratio is None or 0 <= ratio <= 1
    assert got.active_average <= got.active_peak + 1e-9
    assert got.active_peak <= len(calls)
    for one in (got.ttft, got.e2e):
        if one is not None:
            assert one.p50 <= one.p95 <= one.p99 <= one.largest


@settings(max_examples=60, deadline=None)
@given(st.lists(some_calls(), max_size=20), st.sampled_from([S, 7 * S, 60 * S]))
def test_steps_sum_to_the_whole(calls, step):
    points = Points.of(calls)
    steps = series(points, 0, 84 * S, step)
    whole = measure(points, steps[-1].end_us, steps[-1].end_us)
    assert sum(one.started for one in steps) == whole.started
    assert sum(one.ended for one in steps) == whole.ended
    assert sum(one.output_tokens for one in steps) == whole.output_tokens
    assert sum(one.ttft.count if one.ttft else 0 for one in steps) == (whole.ttft.count if whole.ttft else 0)
    assert max(one.active_peak for one in steps) == whole.active_peak


def test_a_hundred_thousand_calls_are_measured():
    calls = [call(place / 100, place / 100 + 3, ttft_us=place, output_tokens=place, model="abc"[place % 3])
             for place in range(100_000)]  # fmt: skip
    points = Points.of(calls)
    assert measure(points, 1000 * S, 900 * S).started == 90_000
    assert len(series(points, 0, 1000 * S, 10 * S)) == 100
