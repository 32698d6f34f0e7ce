"""Fields that fit a terminal: `--table` without `--fields` shows these."""

SHORT: dict[str, tuple[str, ...]] = {
    "calls": tuple(
        """n agent subagent request_model status outcome finish ttft_us e2e_us input_tokens output_tokens
        cache_read_tokens tool_calls text""".split()
    ),
    "turns": tuple(
        """n agent status prompt answer main_calls tools input_tokens output_tokens model_us tool_us
        idle_us""".split()
    ),
    "tools": ("name", "arguments", "error", "duration_us", "result_bytes", "subagent"),
    "flows": ("client", "server", "protocol", "packets", "bytes_client", "bytes_server", "exchanges", "calls", "gaps"),
    "exchanges": ("method", "host", "path", "status", "request_bytes", "response_bytes", "call"),
    "metrics": tuple(
        """window by group calls ttft_us e2e_us tpot_us output_tokens_per_s active_calls error_rate
        cache_hit_ratio""".split()
    ),
    "packets": ("number", "time_us", "client", "server", "side", "length", "info"),
}
