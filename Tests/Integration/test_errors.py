"""Errors arrive as the typed exceptions of the official client."""

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from conftest import HELLO


def test_unknown_model(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(model="no-such-model", messages=HELLO)
    assert caught.value.code == "model_not_found"
    assert caught.value.param == "model"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("no-such-model")


@pytest.mark.parametrize(
    ("options", "param"),
    [
        ({"temperature": 5}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "messages[0].role"),
        ({"logprobs": True}, "logprobs"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"extra_body": {"temprature": 1}}, "temprature"),
    ],
)
def test_bad_requests(client, model, options, param):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(**{"model": model, "messages": HELLO, **options})
    assert caught.value.type == "invalid_request_error"
    assert caught.value.param == param


def test_prompt_beyond_the_context(client, model):
    length = client.models.retrieve(model).context_length
    with pytest.raises(openai.BadRequestError) as caught:
        client.completions.create(model=model, prompt=[1] * length)
    assert caught.value.code == "context_length_exceeded"


def test_body_beyond_the_limit(client, model):
    with pytest.raises(openai.APIStatusError) as caught:
        client.completions.create(model=model, prompt="x" * (9 << 20))
    assert caught.value.status_code == 413


def test_crowd_is_served_or_told_to_wait(client, model):
    """A queue that is full answers 429; nothing else may happen under load."""

    def ask(_):
        try:
            client.completions.create(model=model, prompt="Once", max_tokens=4)
        except openai.RateLimitError as error:
            assert error.response.headers["retry-after"]
            assert error.code == "rate_limit_exceeded"
            return 429
        return 200

    with ThreadPoolExecutor(48) as pool:
        outcomes = list(pool.map(ask, range(96)))
    assert outcomes.count(200) > 0
    assert set(outcomes) <= {200, 429}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("GET", "/v1/chat/completions", 405), ("DELETE", "/health", 405)],
)
def test_routes(server, method, path, status):
    request = urllib.request.Request(server.url + path, method=method)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == status
    assert json.load(caught.value)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[" * 100_000, b'{"messages": NaN}', b'{"a":1,"a":2}', b'"\xff"', b'{"n":1e999}', b"\x00" * 64]
)
def test_what_is_not_json(server, body):
    request = urllib.request.Request(
        server.url + "/v1/chat/completions", data=body, headers={"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code == 400
