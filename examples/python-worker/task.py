"""One task: its processes, its log of output and who reads it, its input, its one end."""

import asyncio
import base64
import codecs
import collections
import fcntl
import os
import pathlib
import signal
import struct
import subprocess
import termios
import time
import uuid

WINDOW_BYTES = 1_048_576
RETAIN_BYTES = 3_000_000
MAX_CHUNK_BYTES = 65_536
MAX_PENDING_INPUT_BYTES = 1_048_576
ORPHANED_OUTPUT_AFTER_S = 1.5

Piece = collections.namedtuple("Piece", "stream offset data")


class OutputLog:
    """The last RETAIN_BYTES of what a task wrote, read again from any offset, and as text of each stream."""

    def __init__(self):
        self.start = self.end = 0
        self.pieces = collections.deque()

    def append(self, stream, data):
        self.pieces.append(Piece(stream, self.end, data))
        self.end += len(data)
        self.start = max(self.start, self.end - RETAIN_BYTES)
        while self.pieces[0].offset + len(self.pieces[0].data) <= self.start:
            self.pieces.popleft()

    def read(self, offset, room):
        """A chunk of one stream from `offset` on: (stream, bytes, text). None where there is none, or no room."""
        piece = next((one for one in self.pieces if one.offset + len(one.data) > offset), None)
        if piece is None or room <= 0:
            return None
        data = piece.data[offset - piece.offset :][: min(room, MAX_CHUNK_BYTES)]
        carried = cut_bytes(self.before(piece.stream, offset))
        whole = carried + data
        text = whole[: len(whole) - len(cut_bytes(whole))].decode("utf-8", "replace")
        return piece.stream, data, text

    def before(self, stream, offset):
        """The last few bytes of a stream before `offset`."""
        found = b""
        for piece in reversed(self.pieces):
            if piece.stream == stream and piece.offset < offset:
                found = piece.data[: offset - piece.offset][-3:] + found
                if len(found) >= 3:
                    break
        return found[-3:]

    def cut_streams(self):
        return [stream for stream in ("stdout", "stderr") if cut_bytes(self.before(stream, self.end))]


def cut_bytes(data):
    """The bytes at the end that begin a code point and do not complete it."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    decoder.decode(data[-4:])
    return decoder.getstate()[0]


class Task:
    def __init__(self, owner, body, cwd):
        self.owner = owner
        self.body = body
        self.id = body["taskId"]
        self.cwd = cwd
        self.log = OutputLog()
        self.reader = None
        self.acked = self.cursor = self.gap_bytes = 0
        self.marker = str(uuid.uuid4())
        self.process = None
        self.terminal_fd = self.input_fd = None
        self.open_outputs = 0
        self.exit = self.cause = self.terminal = None
        self.is_told = self.is_forgotten = self.is_sweeping = False
        self.started_at = self.exited_at = 0
        self.timers = {}
        self.has_input = body["stdin"] == "pipe" or "pty" in body
        self.is_input_ending = False
        self.input = collections.deque()
        self.input_bytes = self.taken_bytes = 0

    @property
    def is_ended(self):
        return self.terminal is not None

    def summary(self):
        state = "running" if self.cause is None else "terminating"
        if self.is_ended:
            state = "complete" if self.terminal["type"] == "task_complete" else "error"
        return {"taskId": self.id, "state": state, "ackedOffset": self.acked, "endOffset": self.log.end}

    def answer(self):
        """What a repeated command is answered with."""
        pid = self.process.pid if self.process else 1
        started = {"type": "execution_started", "taskId": self.id, "pid": pid, "containment": "process-group"}
        return self.terminal or started

    # Its processes

    def start(self):
        command = self.body["command"]
        if isinstance(command, str):
            shell = ["bash", "--noprofile", "--norc"] if os.path.exists("/bin/bash") else ["sh"]
            command = [*shell, "-c", "--", command]
        env = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        env.update(HOME=str(self.cwd), LANG="C.UTF-8", **self.body["env"], SANDCREW_TASK=self.marker)
        try:
            streams = self.open_terminal() if "pty" in self.body else self.open_pipes()
            self.process = subprocess.Popen(
                command, cwd=self.cwd, env=env, start_new_session=True, preexec_fn=streams.pop("before"), **streams
            )
        except OSError as error:
            self.close_files()
            detail = "command_not_found" if isinstance(error, FileNotFoundError) else "not_executable"
            told = {"taskId": self.id, "code": "spawn_failed", "detail": detail, "message": str(error)}
            return self.finish({"type": "task_error", **told})
        finally:
            for fd in self.theirs:
                os.close(fd)
        self.started_at = time.monotonic()
        self.reader.send(self.answer())
        for stream, fd in self.ours.items():
            os.set_blocking(fd, False)
            asyncio.get_running_loop().add_reader(fd, self.read_output, stream, fd)
        if self.input_fd is not None:
            os.set_blocking(self.input_fd, False)
        asyncio.ensure_future(self.wait())
        if self.body["timeoutMs"] > 0:
            self.after("timeout", self.body["timeoutMs"] / 1000, lambda: self.end("timed_out", 5_000))

    def open_pipes(self):
        stdin, self.input_fd = os.pipe() if self.has_input else (os.open(os.devnull, os.O_RDONLY), None)
        out_read, out_write = os.pipe()
        err_read, err_write = os.pipe()
        self.theirs = [stdin, out_write, err_write]
        self.ours = {"stdout": out_read, "stderr": err_read}
        self.open_outputs = 2
        return {"stdin": stdin, "stdout": out_write, "stderr": err_write, "before": None}

    def open_terminal(self):
        self.terminal_fd, side = os.openpty()
        self.resize(**self.body["pty"])
        self.theirs = [side]
        self.ours = {"stdout": self.terminal_fd}
        self.input_fd = self.terminal_fd
        self.open_outputs = 1
        take = lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # the new session's controlling terminal
        return {"stdin": side, "stdout": side, "stderr": side, "before": take}

    def close_files(self):
        for fd in {*self.ours.values(), self.input_fd} - {None}:
            os.close(fd)

    def resize(self, cols, rows):
        if self.terminal_fd is not None:
            fcntl.ioctl(self.terminal_fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    async def wait(self):
        loop = asyncio.get_running_loop()
        status = await loop.run_in_executor(None, self.process.wait)
        self.exited_at = time.monotonic()
        self.exit = (None, signal.Signals(-status).name) if status < 0 else (status, None)
        for name in ("timeout", "grace"):
            self.stop(name)
        if self.open_outputs == 0:
            return await self.sweep()
        linger = self.body["lingerMs"] / 1000 if self.cause is None else 0
        self.after("linger", linger, lambda: asyncio.ensure_future(self.sweep()))
        self.after("orphaned", ORPHANED_OUTPUT_AFTER_S, self.tell_orphaned_output)

    def read_output(self, stream, fd):
        try:
            data = os.read(fd, MAX_CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""  # a terminal that nobody holds any more
        if data:
            self.log.append(stream, data)
            return self.pump()
        self.close_output(fd)
        if self.open_outputs == 0 and self.exit is not None:
            asyncio.ensure_future(self.sweep())

    def close_output(self, fd):
        loop = asyncio.get_running_loop()
        loop.remove_reader(fd)
        if fd == self.input_fd:
            loop.remove_writer(fd)
            self.input_fd = self.terminal_fd = None
        os.close(fd)
        self.ours = {stream: other for stream, other in self.ours.items() if other != fd}
        self.open_outputs -= 1

    def tell_orphaned_output(self):
        policy = self.body.get("blockPolicy", {})
        entry = policy.get("orphaned_output", policy.get("default", "report"))
        wanted = entry if isinstance(entry, str) else entry["action"]
        action = "terminate" if wanted == "terminate" else "report"
        if self.reader is not None:
            self.reader.send(
                {
                    "type": "block_detected",
                    "taskId": self.id,
                    "reason": "orphaned_output",
                    "confidence": "confirmed",
                    "duration": int(1000 * ORPHANED_OUTPUT_AFTER_S),
                    "resourceUsage": {},
                    "recoverable": True,
                    "evidence": {"summary": "The command has exited, and something holds its output open."},
                    "action": action,
                }
            )
        if action == "terminate":
            self.cause = self.cause or "blocked"
            asyncio.ensure_future(self.sweep())

    async def sweep(self):
        """Ends what the command left, reads what it wrote, and tells its end."""
        if self.exit is None or self.is_sweeping:
            return
        self.is_sweeping = True
        for name in list(self.timers):
            self.stop(name)
        leftover = await self.end_tree()
        for stream, fd in list(self.ours.items()):
            while self.ours.get(stream) == fd:
                before = self.log.end
                self.read_output(stream, fd)
                if self.log.end == before and self.ours.get(stream) == fd:
                    self.close_output(fd)  # nobody of ours holds it
        self.close_input()
        exit_code, signal_name = self.exit
        known = {
            "taskId": self.id,
            "exitCode": exit_code,
            "signal": signal_name,
            "durationMs": int(1000 * (self.exited_at - self.started_at)),
            "outputBytes": self.log.end,
            "usage": {},
            "leftover": leftover,
        }
        if self.cause is None:
            return self.finish({"type": "task_complete", **known})
        reason = {"reason": "orphaned_output"} if self.cause == "blocked" else {}
        told = {"code": self.cause, "message": f"the worker ended it: {self.cause}", **reason}
        self.finish({"type": "task_error", **known, **told})

    async def end_tree(self):
        found = set()
        while True:
            alive = self.living()
            if not alive:
                return len(found)
            found.update(alive)
            for pid in alive:
                send(os.kill, pid, signal.SIGKILL)
            await asyncio.sleep(0.005)

    def living(self):
        marker = f"SANDCREW_TASK={self.marker}".encode()
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if marker in path.read_bytes():
                    found.append(int(path.parent.name))
            except OSError:
                pass  # it has ended, or is another user's
        return found

    def end(self, cause, grace_ms):
        """Begins to end it; the first cause is the one that is told."""
        if self.is_ended or self.process is None:
            return
        self.cause = self.cause or cause
        if self.exit is not None:
            return
        group = self.process.pid
        send(os.killpg, group, signal.SIGKILL if grace_ms == 0 else signal.SIGTERM)
        self.after("grace", grace_ms / 1000, lambda: send(os.killpg, group, signal.SIGKILL))

    def signal(self, number):
        group = self.process.pid
        if self.terminal_fd is not None:
            group = os.tcgetpgrp(self.terminal_fd)
        send(os.killpg, group, number)

    def forget(self):
        self.is_forgotten = True
        self.end("terminated", 0)

    async def gone(self):
        while self.process is not None and not self.is_ended:
            await asyncio.sleep(0.01)

    # Its input

    def feed(self, message, session):
        data = message["input"].encode()
        if message.get("encoding") == "base64":
            data = base64.b64decode(message["input"])
        offset, is_last = message.get("offset"), message.get("end", False)
        if self.is_ended:
            return session.refuse("task_ended", "the task has ended", self.id)
        if not self.has_input or self.is_input_ending or self.input_fd is None:
            return session.refuse("stdin_closed", "the task has no open stdin", self.id)
        if offset is not None:
            if offset > self.input_bytes:
                return session.refuse("invalid_offset", f"expected at most {self.input_bytes}", self.id)
            data = data[self.input_bytes - offset :]
        if self.input_bytes - self.taken_bytes + len(data) > MAX_PENDING_INPUT_BYTES:
            return session.refuse("input_full", "too much input waits for the command", self.id)
        self.input_bytes += len(data)
        if not data and not is_last:
            return self.tell_input()
        if data:
            self.input.append(data)
        if is_last and self.terminal_fd is not None:
            self.input.append(b"\x04")
        self.is_input_ending = is_last
        self.write_input()

    def tell_input(self):
        if self.reader is not None:
            self.reader.send({"type": "input_ack", "taskId": self.id, "offset": min(self.taken_bytes, self.input_bytes)})

    def write_input(self):
        loop = asyncio.get_running_loop()
        if self.input_fd is None:
            return
        try:
            while self.input:
                count = os.write(self.input_fd, self.input[0])
                self.taken_bytes += count
                rest = self.input.popleft()[count:]
                if rest:
                    self.input.appendleft(rest)
                self.tell_input()
        except BlockingIOError:
            return loop.add_writer(self.input_fd, self.write_input)
        except OSError:
            return self.close_input()  # nobody reads it any more
        loop.remove_writer(self.input_fd)
        if self.is_input_ending and self.terminal_fd is None:
            self.close_input()

    def close_input(self):
        if self.input_fd is None or self.input_fd == self.terminal_fd:
            return
        asyncio.get_running_loop().remove_writer(self.input_fd)
        os.close(self.input_fd)
        self.input_fd = None

    # Its output

    def ack(self, offset, session):
        if offset > self.cursor:
            return session.refuse("invalid_offset", f"expected at most {self.cursor}, got {offset}", self.id)
        self.acked = max(self.acked, offset)
        self.pump()

    def resume(self, offset, session):
        if offset > self.log.end:
            return session.refuse("invalid_offset", f"expected at most {self.log.end}, got {offset}", self.id)
        self.acked = max(self.acked, offset)
        self.reader = session
        self.cursor, self.gap_bytes, self.is_told = offset, 0, False
        self.pump()

    def pump(self):
        """Sends what there is credit for; the end behind the last byte."""
        reader = self.reader
        if reader is None or self.is_forgotten:
            return
        missing = self.log.start - self.cursor
        if missing > 0:
            reader.send({"type": "output_gap", "taskId": self.id, "offset": self.cursor, "bytes": missing})
            self.cursor += missing
            self.gap_bytes += missing
        while True:
            room = self.acked + self.gap_bytes + WINDOW_BYTES - self.cursor if reader.has_window else MAX_CHUNK_BYTES
            chunk = self.log.read(self.cursor, room)
            if chunk is None:
                break
            stream, data, text = chunk
            reader.send_chunk(self.id, stream, self.cursor, data, text)
            self.cursor += len(data)
        if self.is_ended and not self.is_told and self.cursor == self.log.end:
            for stream in self.log.cut_streams():
                reader.send_chunk(self.id, stream, self.log.end, b"", "\ufffd")
            self.is_told = True
            reader.send(self.terminal)

    def finish(self, terminal):
        self.terminal = terminal
        self.pump()

    def after(self, name, delay_s, call):
        self.stop(name)
        self.timers[name] = asyncio.get_running_loop().call_later(delay_s, call)

    def stop(self, name):
        timer = self.timers.pop(name, None)
        if timer is not None:
            timer.cancel()


def send(kill, target, number):
    try:
        kill(target, number)
    except ProcessLookupError:
        pass
