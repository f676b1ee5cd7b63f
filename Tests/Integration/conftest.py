"""Starts the server that the tests talk to."""

import os
import queue
import re
import shlex
import signal
import subprocess
import threading

import openai
import pytest

READY = re.compile(r"guildhall listening on (http://\S+)")
START_SECONDS = 60


class Server:
    """A running `guildhall serve` on a free port."""

    def __init__(self, *arguments):
        command = shlex.split(os.environ["GUILDHALL_SERVER"]) + ["--port", "0", *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors = []
        threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True).start()
        self.url = self._wait_for_address()

    def _wait_for_address(self):
        lines = queue.Queue()

        def read():
            for line in self.process.stdout:
                lines.put(line)
            lines.put(None)

        threading.Thread(target=read, daemon=True).start()
        seen = []
        while True:
            try:
                line = lines.get(timeout=START_SECONDS)
            except queue.Empty:
                line = None
            if line is None:
                self.kill()
                raise RuntimeError(f"the server did not get ready: {seen} {self.errors[-20:]}")
            seen.append(line)
            if match := READY.search(line):
                return match.group(1)

    def client(self, **options):
        """An OpenAI client that does not retry: the tests want to see every error."""
        options = {"max_retries": 0, "timeout": 60, **options}
        return openai.OpenAI(base_url=self.url + "/v1", api_key="unused", **options)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)

    def wait(self):
        return self.process.wait(timeout=60)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="session")
def server():
    """One server for all tests that leave it running."""
    server = Server()
    yield server
    server.kill()


@pytest.fixture
def own_server():
    """A server that the test may stop."""
    server = Server()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def client(server):
    return server.client()


@pytest.fixture(scope="session")
def model(client):
    """The id of the model that is served."""
    return client.models.list().data[0].id


HELLO = [{"role": "user", "content": "Tell me a story about a lighthouse."}]


def long_answer(client, model, **options):
    """Starts an answer that goes on until the context is full."""
    return client.chat.completions.create(
        model=model, messages=HELLO, stream=True, extra_body={"ignore_eos": True}, **options
    )
