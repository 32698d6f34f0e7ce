"""A model behind TLS on loopback, clients that speak HTTP/1.1 and HTTP/2 to it and log their keys, and what was said.

`python -m tests.keylog.talking` makes the captures of tests/captures/tls anew (it needs dumpcap and its rights).
"""

import json
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h2.config
import h2.connection
import h2.events

VERSIONS = {"tls1.2": ssl.TLSVersion.TLSv1_2, "tls1.3": ssl.TLSVersion.TLSv1_3}
LONG = "a question that fills more than one TLS record " * 800
ASKED = {"h1": [LONG, "and then?"], "h2": ["over HTTP/2", LONG]}
WORDS = ["It ", "is ", "a ", "heron", "."]
FOLDER = Path(__file__).resolve().parent.parent / "captures" / "tls"


def request(text: str) -> bytes:
    return json.dumps({"model": "m-1", "stream": True, "messages": [{"role": "user", "content": text}]}).encode()


def events(asked: bytes) -> Iterator[bytes]:
    size = len(asked)
    for n, word in enumerate([*WORDS, ""]):
        choice = {"index": 0, "delta": {"content": word}, "finish_reason": None if word else "stop"}
        chunk = {"id": f"chatcmpl-{size}", "model": "m-1", "choices": [choice]}
        if not word:
            chunk["usage"] = {"prompt_tokens": size, "completion_tokens": n, "total_tokens": size + n}
        yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
    yield b"data: [DONE]\n\n"


def certificate(folder: Path) -> tuple[Path, Path]:
    key, cert = folder / "key.pem", folder / "cert.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost"
    out = ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(["openssl", *words.split(), *out], check=True, capture_output=True)
    return cert, key


@contextmanager
def served(folder: Path, version: str) -> Iterator[tuple[int, Path]]:
    """Port of the model and its certificate."""
    cert, key = certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    context.minimum_version = context.maximum_version = VERSIONS[version]
    context.set_alpn_protocols(["h2", "http/1.1"])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = threading.Thread(target=_serve, args=(listener, context), daemon=True)
        worker.start()
        yield listener.getsockname()[1], cert
        worker.join(10)


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    for _ in ASKED:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with context.wrap_socket(raw, server_side=True) as talk:
            (_serve_h2 if talk.selected_alpn_protocol() == "h2" else _serve_h1)(talk)


def _serve_h1(talk: ssl.SSLSocket) -> None:
    for _ in ASKED["h1"]:
        head, body = b"", b""
        while b"\r\n\r\n" not in head:
            head += talk.recv(65_536)
        head, _, body = head.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += talk.recv(65_536)
        talk.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        for event in events(body):
            talk.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            time.sleep(0.01)
        talk.sendall(b"0\r\n\r\n")


def _serve_h2(talk: ssl.SSLSocket) -> None:
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
    state.initiate_connection()
    talk.sendall(state.data_to_send())
    asked: dict[int, bytes] = {}
    while data := talk.recv(65_536):
        for event in state.receive_data(data):
            if isinstance(event, h2.events.DataReceived):
                asked[event.stream_id] = asked.get(event.stream_id, b"") + event.data
                state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                state.send_headers(event.stream_id, [(":status", "200"), ("content-type", "text/event-stream")])
                for chunk in events(asked[event.stream_id]):
                    state.send_data(event.stream_id, chunk)
                    talk.sendall(state.data_to_send())
                    time.sleep(0.01)
                state.end_stream(event.stream_id)
        talk.sendall(state.data_to_send())


def ask(port: int, cert: Path, keys: Path) -> None:
    """All questions, on one connection for each version of HTTP."""
    for name, texts in ASKED.items():
        context = ssl.create_default_context(cafile=str(cert))
        context.keylog_filename = str(keys)
        context.set_alpn_protocols(["h2" if name == "h2" else "http/1.1"])
        raw = socket.create_connection(("127.0.0.1", port))
        with context.wrap_socket(raw, server_hostname="localhost") as talk:
            for text in texts if name == "h1" else ():
                body = request(text)
                head = f"POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(body)}\r\n\r\n"
                talk.sendall(head.encode() + body)
                answer = b""
                while not answer.endswith(b"0\r\n\r\n"):
                    answer += talk.recv(65_536)
            if name == "h2":
                _ask_h2(talk, texts)


def _ask_h2(talk: ssl.SSLSocket, texts: list[str]) -> None:
    state = h2.connection.H2Connection()
    state.initiate_connection()
    pieces: dict[int, bytes] = {}
    for text in texts:
        body = request(text)
        stream = state.get_next_available_stream_id()
        route = {":method": "POST", ":scheme": "https", ":authority": "localhost", ":path": "/v1/chat/completions"}
        state.send_headers(stream, [*route.items(), ("content-length", str(len(body)))])
        pieces[stream] = body
    open_streams = set(pieces)
    while open_streams:
        for stream, left in list(pieces.items()):
            size = min(len(left), state.local_flow_control_window(stream), state.max_outbound_frame_size)
            if size:
                state.send_data(stream, left[:size], end_stream=size == len(left))
                pieces[stream] = left[size:]
        talk.sendall(state.data_to_send())
        for event in state.receive_data(talk.recv(65_536)):
            if isinstance(event, h2.events.DataReceived):
                state.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.StreamEnded):
                open_streams.discard(event.stream_id)
        talk.sendall(state.data_to_send())


def capture(folder: Path, version: str) -> tuple[Path, Path] | str:
    """A capture of everything said and its key log; or why none can be made here."""
    if not shutil.which("dumpcap") or not shutil.which("openssl"):
        return "dumpcap or openssl is not installed"
    path, keys = folder / f"{version}.pcapng", folder / f"{version}.keys"
    keys.unlink(missing_ok=True)
    with served(folder, version) as (port, cert):
        words = ["dumpcap", "-q", "-i", "lo", "-f", f"tcp port {port}", "-w", str(path)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as program:
            said = ""
            for line in program.stderr:
                said = line.strip() or said
                if line.startswith("File:"):
                    break
            else:
                return f"dumpcap cannot capture here: {said}"
            time.sleep(0.5)
            ask(port, cert, keys)
            time.sleep(1.5)
            program.terminate()
    return path, keys


if __name__ == "__main__":
    import tempfile

    for name in VERSIONS:
        with tempfile.TemporaryDirectory() as place:
            made = capture(Path(place), name)
            assert not isinstance(made, str), made
            for one in made:
                shutil.copy(one, FOLDER / one.name)
