"""WebSocket (RFC 6455) for a server, and the upgrade as the contract wants it."""

import asyncio
import base64
import collections
import hashlib
import hmac
import struct
import time

MAX_PAYLOAD_BYTES = 1_048_576
MAX_FRAGMENTS = 64
MAX_CONNECTIONS = 64
MAX_HEADER_BYTES = 8_192
HEADERS_TIMEOUT_S = 5
MAX_FAILED_TOKENS = 20
FAILED_TOKENS_WINDOW_S = 60
PING_INTERVAL_S = 10
PEER_SILENCE_S = 20
SUBPROTOCOL = "sandcrew.v1"
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Closed(Exception):
    """The connection is to end with this code."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class Connection:
    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.is_closing = False
        self.heard_at = time.monotonic()

    def send_text(self, text):
        self._send(TEXT, text.encode("utf-8", "replace"))

    def send_binary(self, data):
        self._send(BINARY, data)

    def close(self, code):
        if not self.is_closing:
            self._send(CLOSE, struct.pack(">H", code))
            self.is_closing = True

    def _send(self, opcode, payload):
        if self.is_closing or self.writer.is_closing():
            return
        size = len(payload)
        if size < 126:
            head = bytes([0x80 | opcode, size])
        elif size < 65_536:
            head = bytes([0x80 | opcode, 126]) + struct.pack(">H", size)
        else:
            head = bytes([0x80 | opcode, 127]) + struct.pack(">Q", size)
        self.writer.write(head + payload)

    async def messages(self):
        """Text messages, until the connection ends."""
        watch = asyncio.ensure_future(self._watch())
        try:
            while not self.is_closing:
                yield await self._message()
        except Closed as closed:
            self.close(closed.code)
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.is_closing = True  # nothing is sent behind the end that follows
            watch.cancel()
            try:
                await asyncio.wait_for(self._drain(), 1)
            except (asyncio.TimeoutError, OSError):
                pass
            self.writer.close()

    async def _drain(self):
        """Sends what is left, and waits for the other side's close."""
        await self.writer.drain()
        if self.writer.can_write_eof():
            self.writer.write_eof()
        while await self.reader.read(65_536):
            pass

    async def _watch(self):
        while True:
            await asyncio.sleep(PING_INTERVAL_S)
            if time.monotonic() - self.heard_at > PEER_SILENCE_S:
                return self.writer.transport.abort()
            self._send(PING, b"")

    async def _message(self):
        parts, size = [], 0
        while True:
            is_last, opcode, payload = await self._frame(MAX_PAYLOAD_BYTES - size)
            if opcode == PING:
                self._send(PONG, payload)
            elif opcode == CLOSE:
                raise Closed(struct.unpack(">H", payload[:2])[0] if len(payload) >= 2 else 1000)
            elif opcode == BINARY:
                raise Closed(1003)
            elif opcode in (0, TEXT):
                parts.append(payload)
                size += len(payload)
                if len(parts) > MAX_FRAGMENTS:
                    raise Closed(1008)
                if is_last:
                    return self._text(b"".join(parts))

    @staticmethod
    def _text(data):
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            raise Closed(1007) from None

    async def _frame(self, room):
        first, second = await self.reader.readexactly(2)
        self.heard_at = time.monotonic()
        size = second & 0x7F
        if size == 126:
            size = struct.unpack(">H", await self.reader.readexactly(2))[0]
        elif size == 127:
            size = struct.unpack(">Q", await self.reader.readexactly(8))[0]
        if size > room and first & 0x0F < CLOSE:
            raise Closed(1009)
        if not second & 0x80 or first & 0x70:
            raise Closed(1002)
        mask = await self.reader.readexactly(4)
        data = await self.reader.readexactly(size)
        key = int.from_bytes((mask * (size // 4 + 1))[:size], "big")
        payload = (int.from_bytes(data, "big") ^ key).to_bytes(size, "big")
        return bool(first & 0x80), first & 0x0F, payload


class Gate:
    """Decides whether a request becomes a connection, in the order of the contract."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.open = 0
        self.failed = collections.defaultdict(list)

    def judge(self, target, headers, address):
        """(status, body) of a refusal, or (101, the name of the token)."""
        path, _, query = target.partition("?")
        if path != "/":
            return 404, "a worker is reached at /"
        if "origin" in headers:
            return 403, "this Origin is not allowed"
        name = self.name_of(headers.get("authorization", []), query)
        if name is None:
            now = time.monotonic()
            recent = [at for at in self.failed[address] if now - at < FAILED_TOKENS_WINDOW_S]
            self.failed[address] = recent + [now]
            return (429 if len(recent) >= MAX_FAILED_TOKENS else 401), "expected one Authorization: Bearer TOKEN"
        offered = headers.get("sec-websocket-protocol")
        if offered is not None and SUBPROTOCOL not in [one.strip() for one in ",".join(offered).split(",")]:
            return 400, f"supported: {SUBPROTOCOL}"
        if self.open >= MAX_CONNECTIONS:
            return 503, "all connections are taken"
        return 101, name

    def name_of(self, authorizations, query):
        if query or len(authorizations) != 1:
            return None
        scheme, _, token = authorizations[0].partition(" ")
        if scheme != "Bearer":
            return None
        for known, name in self.tokens.items():
            if hmac.compare_digest(known, token.strip()):
                return name
        return None


async def listen(host, port, tokens, serve):
    """Calls `serve(connection, token name)` for each connection that passes the gate."""
    gate = Gate(tokens)

    async def accept(reader, writer):
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEADERS_TIMEOUT_S)
        except (asyncio.TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            return writer.close()
        target, headers = parse(head)
        status, told = gate.judge(target, headers, writer.get_extra_info("peername")[0])
        key = headers.get("sec-websocket-key", [""])[0]
        if status == 101 and not key:
            status, told = 426, "this is a WebSocket server"
        if status != 101:
            writer.write(f"HTTP/1.1 {status} No\r\nConnection: close\r\nContent-Length: {len(told)}\r\n\r\n{told}".encode())
            return writer.close()
        answer = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        chosen = f"Sec-WebSocket-Protocol: {SUBPROTOCOL}\r\n" if "sec-websocket-protocol" in headers else ""
        upgrade = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        writer.write(f"{upgrade}{chosen}Sec-WebSocket-Accept: {answer}\r\n\r\n".encode())
        gate.open += 1
        try:
            await serve(Connection(reader, writer), told)
        finally:
            gate.open -= 1

    return await asyncio.start_server(accept, host, port, limit=MAX_HEADER_BYTES)


def parse(head):
    request, *lines = head.decode("latin-1").split("\r\n")
    headers = collections.defaultdict(list)
    for line in lines:
        name, separator, value = line.partition(":")
        if separator:
            headers[name.strip().lower()].append(value.strip())
    return (request.split(" ") + [""])[1], dict(headers)
