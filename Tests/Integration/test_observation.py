"""Metrics, experts and the page."""

import json
import urllib.request

from conftest import HELLO
from prometheus_client.parser import text_string_to_metric_families


def get(server, path):
    with urllib.request.urlopen(server.url + path, timeout=10) as response:
        return response.headers, response.read().decode()


def scrape(server):
    """All samples by name and labels, as Prometheus' own parser reads them."""
    headers, text = get(server, "/metrics")
    assert headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    families = list(text_string_to_metric_families(text))
    assert len({family.name for family in families}) == len(families)
    assert all(family.documentation for family in families)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_metrics_count_an_answer(server, client, model):
    before = scrape(server)
    answer = client.completions.create(model=model, prompt="Once upon a time", max_tokens=6)
    after = scrape(server)

    def grown(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before.get(key, 0)

    assert grown("guildhall_requests_total", endpoint="/v1/completions", status="200") == 1
    assert grown("guildhall_prompt_tokens_total") == answer.usage.prompt_tokens
    assert grown("guildhall_generation_tokens_total") == answer.usage.completion_tokens
    assert grown("guildhall_time_to_first_token_seconds_count") == 1
    assert grown("guildhall_inter_token_latency_seconds_count") == answer.usage.completion_tokens - 1
    assert grown("guildhall_finished_total", reason=answer.choices[0].finish_reason) == 1
    assert after[("guildhall_requests_active", ())] == 0
    assert after[("process_resident_memory_bytes", ())] > 1e6


def test_experts_add_up(server, client, model):
    client.chat.completions.create(model=model, messages=HELLO, max_tokens=4)
    snapshot = json.loads(get(server, "/v1/experts")[1])
    assert snapshot["model"]["id"] == model
    assert snapshot["layers"], "the model has experts"
    for layer in snapshot["layers"]:
        assert len(layer["tokens"]) == len(layer["shares"]) == snapshot["model"]["experts"]
        assert abs(sum(layer["shares"]) - 1) < 1e-6
        assert layer["imbalance"] >= 1


def test_live_experts_move_while_an_answer_is_made(server, client, model):
    with urllib.request.urlopen(server.url + "/v1/experts/live", timeout=10) as stream:
        assert stream.headers["Content-Type"].startswith("text/event-stream")
        assert stream.readline() == b"event: snapshot\n"
        blocks = {layer["block"] for layer in json.loads(stream.readline()[6:])["layers"]}
        client.chat.completions.create(model=model, messages=HELLO, max_tokens=16)
        lines = (line for line in stream if line.startswith((b"event: ", b"data: ")))
        assert next(lines) == b"event: delta\n"
        layers = json.loads(next(lines)[6:])["layers"]
        assert {layer["block"] for layer in layers} <= blocks
        assert sum(sum(layer["tokens"]) for layer in layers) > 0


def test_page(server):
    headers, page = get(server, "/")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "<canvas" in page
