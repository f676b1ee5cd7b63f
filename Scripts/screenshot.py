#!/usr/bin/env python3
"""Takes a picture of the page while the model answers.

usage: screenshot.py URL OUT.png [--question TEXT] [--mode chat|text] [--seconds S] [--width W] [--height H] [--dark]
needs: chromium (Debian package), PyPI websocket-client
"""
import argparse
import base64
import json
import subprocess
import tempfile
import time
import urllib.request

import websocket

PORT = 9223


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("out")
    parser.add_argument("--question", default="A farmer has 12 apples and buys 7 more. How many apples has he now?")
    parser.add_argument("--mode", choices=["chat", "text"], default="chat", help="answer the question or continue it")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long the answer runs before the picture")
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--height", type=int, default=860)
    parser.add_argument("--dark", action="store_true")
    return parser.parse_args()


class Browser:
    """Headless Chromium over its debugging protocol."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen(
            ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--remote-debugging-port={PORT}", "--remote-allow-origins=*",
             f"--user-data-dir={self.profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.socket = websocket.create_connection(self._page_address(), timeout=30)
        self.calls = 0

    def _page_address(self):
        for _ in range(100):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/json") as answer:
                    return [t for t in json.load(answer) if t["type"] == "page"][0]["webSocketDebuggerUrl"]
            except (OSError, IndexError):
                time.sleep(0.2)
        raise SystemExit("chromium did not start")

    def call(self, method, **params):
        self.calls += 1
        self.socket.send(json.dumps({"id": self.calls, "method": method, "params": params}))
        while True:
            message = json.loads(self.socket.recv())
            if message.get("id") == self.calls:
                return message.get("result", message)

    def run(self, script):
        return self.call("Runtime.evaluate", expression=script, awaitPromise=True)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


def main():
    args = arguments()
    browser = Browser()
    try:
        browser.call("Emulation.setDeviceMetricsOverride", width=args.width, height=args.height,
                     deviceScaleFactor=1, mobile=False)
        browser.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if args.dark else "light"}])
        browser.call("Page.navigate", url=args.url)
        time.sleep(1.5)
        browser.run(f"document.getElementById('mode').value = {json.dumps(args.mode)};"
                    f"document.getElementById('input').value = {json.dumps(args.question)};"
                    "document.getElementById('form').requestSubmit();")
        time.sleep(args.seconds)
        with open(args.out, "wb") as file:
            file.write(base64.b64decode(browser.call("Page.captureScreenshot")["data"]))
    finally:
        browser.close()


if __name__ == "__main__":
    main()
