"""deploy/azure_queue.py: one message, one batch, against a queue that speaks Azure's protocol."""

import base64
import importlib.util
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "azure_queue.py"


@pytest.fixture(scope="module")
def worker():
    spec = importlib.util.spec_from_file_location("azure_queue", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["azure_queue"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["azure_queue"]


class Queue:
    """Messages, and what was asked."""

    def __init__(self):
        self.messages, self.asked = [], []

    def answer(self):
        if not self.messages:
            return '<?xml version="1.0"?><QueueMessagesList />'
        text, times = self.messages[0]
        return (
            '<?xml version="1.0"?><QueueMessagesList><QueueMessage><MessageId>one</MessageId>'
            f"<PopReceipt>a+b/c=</PopReceipt><DequeueCount>{times}</DequeueCount>"
            f"<MessageText>{text}</MessageText></QueueMessage></QueueMessagesList>"
        )


@pytest.fixture
def queue(monkeypatch):
    kept = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            kept.asked.append(("GET", self.path))
            self._say(kept.answer().encode())

        def do_DELETE(self):
            kept.asked.append(("DELETE", self.path))
            kept.messages.pop(0)
            self._say(b"")

        def _say(self, content):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}/archive?sig=S%2B&sp=pr"
    monkeypatch.setenv("SENTIGRAM_QUEUE_URL", address)
    yield kept
    server.shutdown()
    server.server_close()


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "archive"
    (folder / "2024").mkdir(parents=True)
    return folder


def batches(worker, monkeypatch, code):
    run = []

    class Done:
        returncode = code

    def start(argv, check):
        run.append(argv)
        return Done()

    monkeypatch.setattr(worker.subprocess, "run", start)
    return run


@pytest.mark.parametrize("text", ["2024", base64.b64encode(b"2024").decode()], ids=["plain", "b64"])
@pytest.mark.parametrize("code", [0, 1])
def test_a_batch_that_goes_through_takes_its_message_away(
    worker, queue, archive, monkeypatch, text, code
):
    queue.messages.append((text, 1))
    run = batches(worker, monkeypatch, code)
    assert worker.main(archive) == 0
    assert run[0][1:] == [
        "batch", archive / "2024", "--out", archive / "captions" / "2024", "--quiet",
    ]  # fmt: skip
    assert queue.messages == []
    (_, get), (_, delete) = queue.asked
    assert parse_qs(urlsplit(get).query)["sig"] == ["S+"]
    assert parse_qs(urlsplit(delete).query)["popreceipt"] == ["a+b/c="]


def test_a_batch_that_breaks_leaves_its_message_until_it_was_tried_often(
    worker, queue, archive, monkeypatch
):
    batches(worker, monkeypatch, 5)
    queue.messages.append(("2024", 1))
    assert worker.main(archive) == 5
    assert queue.messages
    queue.messages[:] = [("2024", worker.MOST_TIMES)]
    assert worker.main(archive) == 5
    assert queue.messages == []


@pytest.mark.parametrize("text", ["../other", "/etc", "nothing", "--out"])
def test_what_is_no_folder_of_the_archive_is_refused(
    worker, queue, archive, monkeypatch, capsys, text
):
    (archive.parent / "other").mkdir()
    run = batches(worker, monkeypatch, 0)
    queue.messages.append((text, 1))
    assert worker.main(archive) == 3
    assert run == []
    assert "no folder of the archive" in capsys.readouterr().err


def test_an_empty_queue_is_no_fault(worker, queue, archive, capsys):
    assert worker.main(archive) == 0
    assert "no message" in capsys.readouterr().out
