"""Answers, as the official client sees them."""

from concurrent.futures import ThreadPoolExecutor

from conftest import HELLO


def test_models(client, model):
    assert client.models.retrieve(model).id == model


def test_chat(client, model):
    answer = client.chat.completions.create(model=model, messages=HELLO, max_tokens=12, temperature=0)
    choice = answer.choices[0]
    assert answer.id.startswith("chatcmpl-")
    assert answer.object == "chat.completion"
    assert choice.message.role == "assistant"
    assert choice.finish_reason in ("stop", "length")
    assert answer.usage.prompt_tokens > 0
    assert 1 <= answer.usage.completion_tokens <= 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


def test_chat_stream_is_the_same_answer(client, model):
    options = {"model": model, "messages": HELLO, "max_tokens": 16, "temperature": 0}
    whole = client.chat.completions.create(**options)
    chunks = list(client.chat.completions.create(**options, stream=True))
    assert chunks[0].choices[0].delta.role == "assistant"
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == whole.choices[0].message.content
    assert [c.choices[0].finish_reason for c in chunks][-1] == whole.choices[0].finish_reason
    assert len({c.id for c in chunks}) == 1
    assert all(c.usage is None for c in chunks)


def test_stream_with_usage(client, model):
    chunks = list(
        client.chat.completions.create(
            model=model, messages=HELLO, max_tokens=8, stream=True, stream_options={"include_usage": True}
        )
    )
    assert chunks[-1].choices == []
    assert 1 <= chunks[-1].usage.completion_tokens <= 8
    assert all(c.usage is None for c in chunks[:-1])


def test_completion(client, model):
    answer = client.completions.create(model=model, prompt="Once upon a time", max_tokens=8)
    assert answer.id.startswith("cmpl-")
    assert answer.choices[0].finish_reason in ("stop", "length")
    assert answer.usage.completion_tokens <= 8


def test_completion_stream(client, model):
    chunks = list(client.completions.create(model=model, prompt="Once upon a time", max_tokens=8, stream=True))
    assert chunks[-1].choices[0].finish_reason in ("stop", "length")


def test_several_prompts(client, model):
    answer = client.completions.create(model=model, prompt=["One", "Two", "Three"], max_tokens=4)
    assert [choice.index for choice in answer.choices] == [0, 1, 2]


def test_echo(client, model):
    answer = client.completions.create(model=model, prompt="Once upon", max_tokens=4, echo=True)
    assert answer.choices[0].text.startswith("Once upon")


def test_token_prompt(client, model):
    answer = client.completions.create(model=model, prompt=[1, 2, 3], max_tokens=4)
    assert answer.usage.prompt_tokens == 3


def test_max_tokens_is_kept(client, model):
    answer = client.chat.completions.create(
        model=model, messages=HELLO, max_tokens=5, extra_body={"ignore_eos": True}
    )
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage.completion_tokens == 5


def test_stop_text_ends_the_answer(client, model):
    options = {"model": model, "messages": HELLO, "max_tokens": 40, "temperature": 0}
    whole = client.chat.completions.create(**options).choices[0].message.content
    words = [word for word in whole.split() if len(word) > 2]
    assert words, f"the model said too little for this test: {whole!r}"
    stop = words[len(words) // 2]
    cut = client.chat.completions.create(**options, stop=[stop]).choices[0]
    assert cut.finish_reason == "stop"
    assert cut.message.content == whole[: whole.index(stop)]


def test_same_seed_same_answer(client, model):
    options = {"model": model, "messages": HELLO, "max_tokens": 16, "temperature": 1, "seed": 7}
    first, second = (client.chat.completions.create(**options).choices[0].message.content for _ in range(2))
    assert first == second


def test_concurrent_clients_get_their_own_answers(client, model):
    def ask(number):
        options = {"model": model, "prompt": f"{number} and then", "max_tokens": 12, "temperature": 0, "echo": True}
        if number % 2:
            chunks = client.completions.create(**options, stream=True)
            return "".join(chunk.choices[0].text for chunk in chunks)
        return client.completions.create(**options).choices[0].text

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(16)))
    assert all(answer.startswith(f"{number} and then") for number, answer in enumerate(answers))
