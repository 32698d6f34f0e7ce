"""The API of Heron's console: its shapes, and figures that agree with the records."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.api.serving import Server
from tests.api.test_serving import refused

NAME = "claude-code"
WINDOW = "start=0&end=4102444800"
SUMMARY = set(
    "call_count error_count error_4xx_count error_429_count error_5xx_count total_input_tokens total_output_tokens"
    " ttft_avg e2e_avg tpot_avg".split()
)
SPAN = set(
    "id source_id request_time wire_api model status_code is_stream finish_reason ttft_ms e2e_latency_ms input_tokens"
    " output_tokens tokens_estimated client_ip server_ip server_port request_path is_agent_request tool_surface"
    " agent_topology tool_call_count tool_names process".split()
)
HEAVY = {"request_body", "response_body", "request_headers", "response_headers"}
SPAN_DETAIL = (
    SPAN | HEAVY | {"response_time", "complete_time", "api_type", "total_tokens", "response_id", "client_port"}
)
TRACE = set(
    "turn_id source_id session_id start_time end_time duration_ms wire_api agent_kind primary_model models_used"
    " call_count total_input_tokens total_output_tokens status final_finish_reason tool_surfaces tool_call_total"
    " agent_topology suspicious_skills".split()
)
TRACE_ITEM = TRACE | {"client_ip", "server_ip", "user_input_preview", "final_answer_preview"}
SESSION_TRACE = TRACE | {"user_input", "final_answer"}
TRACE_DETAIL = SESSION_TRACE | set(
    "client_ip server_ip subagents_used total_cache_read_input_tokens total_cache_creation_input_tokens total_cost_usd"
    " user_call_id final_call_id span_ids metadata".split()
)
SESSION = set(
    "source_id session_id agent_kind first_turn_at last_turn_at turn_count call_count total_input_tokens"
    " total_output_tokens total_cache_read_input_tokens total_cache_creation_input_tokens total_cost_usd"
    " first_user_input_preview first_user_call_id".split()
)
SERVICE = set(
    "server_ip server_port models wire_apis request_paths call_count error_count stream_count total_input_tokens"
    " total_output_tokens ttft_avg_ms ttft_p95_ms e2e_avg_ms e2e_p95_ms first_seen_ms last_seen_ms app"
    " server_header".split()
)
EXCHANGE = set("id source_id request_time method uri client_ip server_ip server_port status is_sse duration_ms".split())
EXCHANGE_DETAIL = (EXCHANGE | HEAVY | {"client_port", "sse_event_count", "sse_data_bytes"}) - {"duration_ms"} | {
    "response_first_byte_time",
    "response_complete_time",
}


@pytest.fixture
def server(servers) -> Server:
    return servers(NAME)


def data(server: Server, path: str) -> Any:
    answer = server.get(f"/api/{path}")
    assert answer.status == 200, answer.body
    assert (answer.json["code"], answer.json["message"]) == (0, "ok")
    return answer.json["data"]


def chats(server: Server) -> list[dict]:
    calls = server.walk("calls")
    return [call for call in calls if call["operation"] == "chat" and call["leg_of"] is None]


def test_health_and_filters(server: Server):
    health = data(server, "health")
    assert health["status"] == "ready"
    assert health["pipelines"] == [{"name": "local", "running": False}]
    calls = chats(server)
    assert data(server, "filters/wire-apis")["values"] == sorted({call["wire_api"] for call in calls})
    assert data(server, "filters/models")["values"] == sorted({call["response_model"] for call in calls})
    assert data(server, "filters/server-ips")["values"] == ["127.0.0.1"]
    assert data(server, f"filters/agent-kinds?{WINDOW}")["values"] == ["claude-code"]
    pairs = {(call["wire_api"], call["finish"]) for call in calls if call["finish"]}
    found = data(server, "filters/finish-reasons")["pairs"]
    assert {(pair["wire_api"], pair["finish_reason"]) for pair in found} == pairs


def test_a_summary_counts_what_the_records_say(servers):
    for name in (NAME, "anthropic-sdk-faults", "litellm-claude-code"):
        server = servers(name)
        calls = chats(server)
        found = data(server, f"metrics/summary?{WINDOW}")
        assert set(found) == SUMMARY
        assert found["call_count"] == len(calls)
        assert found["error_count"] == sum(call["outcome"] not in ("ok", "in_progress", "unknown") for call in calls)
        assert found["error_429_count"] == sum(call["status"] == 429 for call in calls)
        assert found["total_input_tokens"] == sum(call["input_tokens"] or 0 for call in calls)
        known = [call["e2e_us"] for call in calls if call["e2e_us"] is not None]
        assert found["e2e_avg"] == pytest.approx(sum(known) / len(known) / 1000)
        rows = data(server, f"metrics/models?{WINDOW}")["models"]
        assert sum(row["call_count"] for row in rows) == len(calls)
        assert set(rows[0]) == SUMMARY | {"wire_api", "model", "ttft_p95", "e2e_p95"}


def test_a_window_without_calls_is_empty(server: Server):
    empty = "start=100&end=200"
    assert data(server, f"metrics/summary?{empty}")["call_count"] == 0
    assert data(server, f"metrics/models?{empty}") == {"models": []}
    assert data(server, f"metrics/timeseries?{empty}&granularity=10s&fields=call_count") == {
        "timestamps": list(range(100, 200, 10)),
        "series": [],
    }
    assert data(server, f"spans?{empty}") == {"total": 0, "items": []}
    assert data(server, f"traces?{empty}") == {"total": 0, "items": []}
    assert data(server, f"agent-sessions?{empty}") == {"items": [], "next_cursor": None}


def test_series_add_up_to_the_summary(server: Server):
    calls = chats(server)
    begins = [call["t_request_us"] // 1_000_000 for call in calls]
    window = f"start={min(begins) // 60 * 60}&end={max(begins) + 61}"
    names = (
        "call_count,total_output_tokens,ttft_p95,e2e_avg,tpot_p50,active_calls_max,active_calls_avg,ttft_stream_count"
    )
    found = data(server, f"metrics/timeseries?{window}&granularity=10s&fields={names}")
    assert all(len(row["values"]) == len(found["timestamps"]) for row in found["series"])
    rows = {row["name"]: [value for value in row["values"] if value is not None] for row in found["series"]}
    assert sum(rows["call_count"]) == len(calls)
    assert sum(rows["total_output_tokens"]) == sum(call["output_tokens"] or 0 for call in calls)
    assert 1 <= max(rows["active_calls_max"]) <= len(calls)
    assert max(rows["active_calls_avg"]) <= max(rows["active_calls_max"])
    grouped = data(server, f"metrics/timeseries?{window}&granularity=1m&fields=call_count&group_by=model")
    assert {row["group"] for row in grouped["series"]} == {call["response_model"] for call in calls}
    reasons = data(server, f"metrics/finish-reasons?{window}&granularity=1m")["series"]
    assert sum(count for row in reasons for _, count in row["points"]) == sum(
        call["finish"] is not None for call in calls
    )


def test_every_field_of_a_series_is_answered(server: Server):
    from heron_tui.api.heron.metrics import ACTIVE, FIELDS

    call = chats(server)[0]
    start = call["t_request_us"] // 1_000_000 // 10 * 10
    fields = ",".join((*FIELDS, *ACTIVE))
    found = data(server, f"metrics/timeseries?start={start}&end={start + 20}&granularity=10s&fields={fields}")
    assert {row["name"] for row in found["series"]} == {*FIELDS, *ACTIVE}


def test_spans_are_listed_by_page_and_found_by_id(server: Server):
    calls = [call for call in server.walk("calls") if call["operation"] == "chat"]
    page = data(server, f"spans?{WINDOW}&page_size=3")
    assert page["total"] == len(calls)
    assert [set(item) for item in page["items"]] == [SPAN] * 3
    assert [item["id"] for item in page["items"]] == [call["id"] for call in calls[::-1][:3]]
    second = data(server, f"spans?{WINDOW}&page_size=3&page=2&sort_order=asc")
    assert [item["id"] for item in second["items"]] == [call["id"] for call in calls[3:6]]
    detail = data(server, f"spans/{calls[0]['id']}")
    assert set(detail) == SPAN_DETAIL
    assert detail["request_body"].encode() == server.get(f"/api/v1/calls/{calls[0]['id']}/request").body
    assert detail["request_headers"].startswith("[[")
    assert data(server, f"spans?{WINDOW}&status_code=404,500")["total"] == 0
    assert data(server, f"spans?{WINDOW}&request_path=messages&is_stream=stream")["total"] == len(calls)
    assert data(server, f"spans?{WINDOW}&server_ip=127.0.0.1&server_port=8080")["total"] == len(calls)
    assert data(server, f"spans?{WINDOW}&client_ip=192.0.2.1")["total"] == 0


def test_exchanges_are_listed_and_found(server: Server):
    rows = server.walk("exchanges")
    page = data(server, f"http-exchanges?{WINDOW}&page_size=200&sort_by=duration_ms&sort_order=asc")
    assert page["total"] == len(rows)
    assert [set(item) for item in page["items"]] == [EXCHANGE] * len(rows)
    took = [item["duration_ms"] for item in page["items"] if item["duration_ms"] is not None]
    assert took == sorted(took)
    streamed = data(server, f"http-exchanges?{WINDOW}&is_sse=true")
    assert streamed["total"] > 0
    assert streamed["total"] + data(server, f"http-exchanges?{WINDOW}&is_sse=false")["total"] == len(rows)
    detail = data(server, f"http-exchanges/{streamed['items'][0]['id']}")
    assert set(detail) == EXCHANGE_DETAIL
    assert detail["sse_event_count"] > 0
    assert data(server, f"http-exchanges?{WINDOW}&method=POST&status=200&uri=messages")["total"] <= len(rows)


def test_services_are_servers_and_proxies_are_edges(servers):
    server = servers("litellm-claude-code")
    calls = [call for call in server.walk("calls") if call["operation"] == "chat"]
    rows = data(server, f"services?{WINDOW}")["services"]
    assert set(rows[0]) == SERVICE
    assert {f"{row['server_ip']}:{row['server_port']}" for row in rows} == {call["server"] for call in calls}
    assert sum(row["call_count"] for row in rows) == len(calls)
    assert "litellm" in {row["app"] for row in rows}
    counts = [row["call_count"] for row in data(server, f"services?{WINDOW}&sort_order=asc")["services"]]
    assert counts == sorted(counts)
    found = data(server, f"services/topology?{WINDOW}")
    assert found["nodes"][0] == {
        "server_ip": "__clients__",
        "server_port": 0,
        "app": "clients",
        "models": [],
        "call_count": sum(call["leg_of"] is None for call in calls),
    }
    kinds = {edge["kind"]: edge for edge in found["edges"]}
    legs = [call for call in calls if call["leg_of"]]
    assert legs
    assert f"{kinds['proxy']['to_ip']}:{kinds['proxy']['to_port']}" in {leg["server"] for leg in legs}
    assert kinds["client"]["turn_count"] == len(server.walk("turns"))
    assert data(server, "services?start=1&end=2") == {"services": []}
    assert data(server, "services/topology?start=1&end=2")["edges"] == []


def test_traces_are_turns(server: Server):
    turns = server.walk("turns")
    page = data(server, f"traces?{WINDOW}")
    assert page["total"] == len(turns)
    assert [set(item) for item in page["items"]] == [TRACE_ITEM] * len(turns)
    detail = data(server, f"traces/{turns[0]['id']}")
    assert set(detail) == TRACE_DETAIL
    assert detail["user_input"] == turns[0]["prompt"]
    assert detail["span_ids"] == turns[0]["calls"]
    spans = data(server, f"traces/{turns[0]['id']}/spans?lite=1")
    assert [span["id"] for span in spans] == turns[0]["calls"]
    assert all(span[name] is None for span in spans for name in HEAVY)
    whole = data(server, f"traces/{turns[0]['id']}/spans")
    assert whole[0]["sequence"] == 1
    assert whole[0]["request_body"]
    assert data(server, f"traces?{WINDOW}&wire_api=gemini")["total"] == 0
    assert data(server, f"traces?{WINDOW}&wire_api=anthropic&status=complete,incomplete")["total"] == len(turns)
    summary = data(server, f"traces/summary?{WINDOW}")["summary"]
    assert [(row["agent_kind"], row["turn_count"]) for row in summary] == [("claude-code", len(turns))]
    points = data(server, f"traces/activity?{WINDOW}")["points"]
    assert sum(point["turn_count"] for point in points) == len(turns)


def test_sessions_are_walked_by_cursor(servers):
    for name in (NAME, "anthropic-sdk-faults"):
        server = servers(name)
        sessions = server.walk("sessions")
        found: list[dict] = []
        cursor = ""
        while cursor is not None:
            page = data(server, f"agent-sessions?{WINDOW}&page_size=1" + (f"&cursor={cursor}" if cursor else ""))
            found += page["items"]
            cursor = page["next_cursor"]
        assert sorted(item["session_id"] for item in found) == sorted(session["id"] for session in sessions)
        assert [item["last_turn_at_in_window"] for item in found] == sorted(
            (item["last_turn_at_in_window"] for item in found), reverse=True
        )
        assert set(found[0]) == SESSION | {"last_turn_at_in_window"}
        for item in found:
            path = f"agent-sessions/{item['source_id']}/{quote(item['session_id'], safe='')}"
            assert set(data(server, path)) == SESSION
            turns: list[dict] = []
            cursor = ""
            while cursor is not None:
                page = data(server, f"{path}/turns?page_size=1" + (f"&cursor={cursor}" if cursor else ""))
                turns += page["items"]
                cursor = page["next_cursor"]
            assert [set(turn) for turn in turns] == [SESSION_TRACE] * item["turn_count"]
            assert [turn["start_time"] for turn in turns] == sorted(turn["start_time"] for turn in turns)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("metrics/summary", 400, 1001),
        ("metrics/summary?start=0&end=9999999999", 400, 1001),
        ("metrics/summary?start=5&end=5", 400, 1001),
        (f"metrics/timeseries?{WINDOW}&granularity=10s&fields=call_count", 400, 1001),
        ("metrics/timeseries?start=0&end=60&granularity=7s&fields=call_count", 400, 1001),
        ("metrics/timeseries?start=0&end=60&granularity=10s", 400, 1001),
        ("metrics/timeseries?start=0&end=60&granularity=10s&fields=nothing", 400, 1001),
        ("metrics/timeseries?start=0&end=60&granularity=10s&fields=call_count&group_by=x", 400, 1001),
        (f"metrics/models?{WINDOW}&sort_by=x", 400, 1001),
        (f"spans?{WINDOW}&sort_by=model", 400, 1001),
        (f"services?{WINDOW}&sort_by=models", 400, 1001),
        (f"spans?{WINDOW}&status_code=x", 400, 1001),
        (f"spans?{WINDOW}&page=0", 400, 1001),
        (f"spans?{WINDOW}&is_stream=x", 400, 1001),
        (f"agent-sessions?{WINDOW}&cursor=zz", 400, 1001),
        ("spans/nothing", 404, 2001),
        ("traces/nothing", 404, 2001),
        ("traces/nothing/spans", 404, 2001),
        ("http-exchanges/nothing", 404, 2001),
        ("agent-sessions/local/nothing", 404, 2001),
    ],
)
def test_a_mistake_is_told_in_its_envelope(path: str, status: int, code: int, server: Server):
    answer = server.get(f"/api/{path}")
    assert (answer.status, answer.json["code"]) == (status, code)
    assert answer.json["message"]
    assert answer.json["data"] == {}


def test_a_built_console_is_served_with_its_own_ways(tmp_path: Path, stores):
    (tmp_path / "dist" / "assets").mkdir(parents=True)
    (tmp_path / "dist" / "index.html").write_text("<!doctype html><title>front</title>")
    (tmp_path / "dist" / "assets" / "app.js").write_text("// app")
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "dist" / "link").symlink_to(tmp_path / "secret")
    server = Server(stores(NAME), "--console", tmp_path / "dist")
    try:
        for path in ("/", "/agent-turns", "/agent-sessions/local/x", "/../secret", "/..%2fsecret", "/link", "/%00"):
            answer = server.get(path)
            assert b"front" in answer.body, path
        script = server.get("/assets/app.js")
        assert script.body == b"// app"
        assert "script-src 'self';" in script.headers["content-security-policy"]
        assert server.get("/api/nothing").status == 404
        assert data(server, "health")["status"] == "ready"
        assert server.get("/agent-turns", headers={"Authorization": None}).status == 401
    finally:
        server.end()
    code, said = refused(stores(NAME), "--port", "0", "--console", tmp_path)
    assert (code, "index.html" in said, said.count("\n")) == (2, True, 1)
