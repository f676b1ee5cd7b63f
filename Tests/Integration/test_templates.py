"""A checkpoint whose chat template cannot be run is refused for chats only, and `render` prints prompts to the byte."""

import json
import os
import pathlib
import shlex
import subprocess

import openai
import pytest
from conftest import HELLO, Server

MODEL = pathlib.Path(__file__).parents[2] / "Sources/BuiltInModel/Resources/apprentice-q8_0.gguf"


@pytest.mark.parametrize(
    ("template", "reason"),
    [(b"{% include 'x' %}", "tag 'include'"), (b"{{ messages | frobnicate }}", "frobnicate"), (b"{{ 'a' * 10**9 }}", "limit")],
)
def test_unusable_template(tmp_path, template, reason):
    original = MODEL.read_bytes()
    start = original.index(b"tokenizer.chat_template") + len(b"tokenizer.chat_template") + 4
    length = int.from_bytes(original[start : start + 8], "little")
    text = template.ljust(length)
    path = tmp_path / "changed.gguf"
    path.write_bytes(original[: start + 8] + text + original[start + 8 + length :])
    server = Server("--model", str(path))
    try:
        client = server.client()
        model = client.models.list().data[0].id
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model=model, messages=HELLO)
        assert caught.value.code == "chat_template_unsupported"
        assert reason in caught.value.message
        answer = client.completions.create(model=model, prompt="Once upon a time", max_tokens=4)
        assert answer.usage.completion_tokens >= 1
    finally:
        server.kill()


def render(arguments, conversation):
    """Runs `guildhall render` with a conversation on standard input."""
    program = shlex.split(os.environ["GUILDHALL_SERVER"])[0]
    return subprocess.run(
        [program, "render", *arguments, "--input", "-"], input=json.dumps(conversation).encode(), capture_output=True
    )


def test_render(tmp_path):
    template = tmp_path / "template.jinja"
    template.write_text("{% if not messages %}{{ raise_exception('say\\nwhat') }}{% endif %}{{ strftime_now('%H:%M') }}é\n\n")
    arguments = ["--template", str(template), "--now", "2026-01-15T09:30:00"]
    result = render(arguments, {"messages": HELLO})
    assert (result.returncode, result.stdout) == (0, "09:30é\n".encode())
    refused = render(arguments, {"messages": []})
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, b"", b"say\nwhat\n")
    assert render(arguments, {"messages": 5}).returncode == 2
    assert render(["--template", str(tmp_path / "missing")], {"messages": []}).returncode == 2
    built_in = render([], {"messages": HELLO, "add_generation_prompt": True})
    assert HELLO[0]["content"].encode() in built_in.stdout
