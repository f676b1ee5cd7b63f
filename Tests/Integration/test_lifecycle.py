"""Clients that leave, and a server that is told to."""

import socket
import time
import urllib.request

import openai
import pytest
from conftest import long_answer
from test_observation import scrape


def active(server):
    samples = scrape(server)
    return samples[("guildhall_requests_active", ())] + samples[("guildhall_requests_waiting", ())]


def cancelled(server):
    return scrape(server).get(("guildhall_finished_total", (("reason", "cancelled"),)), 0)


def wait_until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_client_that_leaves_stops_its_answer(server, client, model):
    before = cancelled(server)
    stream = long_answer(client, model)
    next(iter(stream))
    stream.close()
    assert wait_until(lambda: active(server) == 0)
    assert cancelled(server) == before + 1


def test_client_that_leaves_without_a_stream_stops_its_answer(server, model):
    before = cancelled(server)
    body = f'{{"model":"{model}","prompt":"Once","max_tokens":100000,"ignore_eos":true,"n":8}}'.encode()
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            + f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert wait_until(lambda: active(server) > 0)
    assert wait_until(lambda: active(server) == 0)
    assert cancelled(server) > before


def test_sigterm_lets_an_answer_finish(own_server):
    client = own_server.client()
    model = client.models.list().data[0].id
    chunks = iter(long_answer(client, model, stream_options={"include_usage": True}, max_tokens=200))
    next(chunks)
    own_server.terminate()
    rest = list(chunks)
    assert rest[-1].usage.completion_tokens == rest[-1].usage.total_tokens - rest[-1].usage.prompt_tokens
    assert rest[-2].choices[0].finish_reason == "length"
    assert own_server.wait() == 0
    with pytest.raises(openai.APIConnectionError):
        client.models.list()


def test_sigterm_while_idle_ends_at_once(own_server):
    assert urllib.request.urlopen(own_server.url + "/health", timeout=10).status == 200
    began = time.monotonic()
    own_server.terminate()
    assert own_server.wait() == 0
    assert time.monotonic() - began < 10
