"""The server's side of the Responses API over a WebSocket, as Codex asks for it."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

from wsproto import ConnectionType, WSConnection
from wsproto.events import AcceptConnection, CloseConnection, Message, Ping, Request, TextMessage
from wsproto.extensions import PerMessageDeflate


def serve(handler: BaseHTTPRequestHandler, answer: Callable[[str], list[str]]) -> None:
    """Take over a connection whose request asked for an upgrade, until it is closed.

    Args:
        answer: makes the messages that answer one of the client's.
    """
    talk = WSConnection(ConnectionType.SERVER)
    headers = [(name.encode(), value.encode()) for name, value in handler.headers.items()]
    talk.initiate_upgrade_connection(headers, handler.path)
    asked: list[str] = []
    while True:
        for event in talk.events():
            if isinstance(event, Request):
                handler.connection.sendall(talk.send(AcceptConnection(extensions=[PerMessageDeflate()])))
            elif isinstance(event, Message):
                asked.append(str(event.data))
                if event.message_finished and isinstance(event, TextMessage):
                    for text in answer("".join(asked)):
                        handler.connection.sendall(talk.send(TextMessage(data=text)))
                    asked.clear()
            elif isinstance(event, Ping):
                handler.connection.sendall(talk.send(event.response()))
            elif isinstance(event, CloseConnection):
                handler.connection.sendall(talk.send(event.response()))
                return
        data = handler.connection.recv(65_536)
        if not data:
            return
        talk.receive_data(data)
