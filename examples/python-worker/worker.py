#!/usr/bin/env python3
"""A Sandcrew worker in Python's standard library alone, written from docs/protocol.md: it shows that the contract is enough.

    python3 worker.py --token-file FILE --schema packages/protocol/schema/v1.json [--listen 127.0.0.1:7433] [--directory DIR]

It holds tasks by process groups and a marker in their environment, so it runs on Linux. It enforces no limits, contains
nothing, keeps 3 MB of each task's output in memory, and looks for no blocks but output that is held open. For a worker
to rely on take @sandcrew/worker.
"""

import argparse
import asyncio
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import socket
import sys
import time
import uuid

import websocket
from schema import Validator, load_text
from task import Task, WINDOW_BYTES, RETAIN_BYTES

MAX_TASKS = 16
HEARTBEAT_S = 30
MAX_MALFORMED_FRAMES = 100
MALFORMED_WINDOW_S = 60
STEERING = ("LD_", "GIT_SSH", "BASH_FUNC_")
STEERING_NAMES = {"BASH_ENV", "ENV", "NODE_OPTIONS", "PYTHONSTARTUP", "PERL5OPT", "RUBYOPT"}
DEFAULTS = {"stdin": "none", "timeoutMs": 300_000, "lingerMs": 2_000, "kind": "batch", "env": {}, "cwd": "."}


class Worker:
    def __init__(self, tokens, validator, directory):
        self.tokens = tokens  # by token: its name
        self.validator = validator
        self.directory = pathlib.Path(directory)
        self.worker_id = f"python-{socket.gethostname()}"[:128]
        self.boot_id = str(uuid.uuid4())
        self.started_at = time.monotonic()
        self.tasks = {}  # by (owner, taskId)
        self.managers = {}  # by managerId: its live session
        self.names = {}  # by managerId: the name of the token that used it first

    def running(self):
        return sum(not task.is_ended for task in self.tasks.values())

    async def serve(self, connection, token_name):
        session = Session(self, connection, token_name)
        beat = asyncio.ensure_future(session.beat())
        try:
            async for text in connection.messages():
                session.read(text)
        finally:
            beat.cancel()
            session.end()


class Session:
    def __init__(self, worker, connection, token_name):
        self.worker = worker
        self.connection = connection
        self.token_name = token_name
        self.owner = str(uuid.uuid4())  # a plain client owns its tasks by its connection
        self.manager_id = None
        self.is_binary = False
        self.is_first = True
        self.malformed = []

    @property
    def has_window(self):
        return self.manager_id is not None

    def send(self, message):
        stamp = {"workerId": self.worker.worker_id, "timestamp": int(time.time() * 1000)}
        self.connection.send_text(json.dumps({**message, **stamp}))

    def send_chunk(self, task_id, stream, offset, data, text):
        if not self.is_binary:
            chunk = {"stream": stream, "output": text, "offset": offset, "bytes": len(data)}
            return self.send({"type": "task_output", "taskId": task_id, **chunk})
        name = task_id.encode()
        head = bytes([1, 1 if stream == "stdout" else 2]) + len(name).to_bytes(2, "big") + offset.to_bytes(8, "big")
        self.connection.send_binary(head + name + data)

    def refuse(self, code, message, task_id=None, path=None):
        known = {"path": path, "taskId": task_id}
        told = {key: value for key, value in known.items() if value is not None}
        self.send({"type": "protocol_error", "code": code, "message": message, **told})

    async def beat(self):
        while True:
            await asyncio.sleep(HEARTBEAT_S)
            self.send_heartbeat()

    def end(self):
        if self.manager_id is not None and self.worker.managers.get(self.manager_id) is self:
            del self.worker.managers[self.manager_id]
        for task in list(self.worker.tasks.values()):
            if task.reader is self:
                task.reader = None
            if task.owner == self.owner and self.manager_id is None:
                self.forget(task)

    # Reading

    def read(self, text):
        refusal, message = self.worker.validator.decode(text)
        if refusal is not None:
            self.refuse(*refusal)
            return self.count_malformed()
        handler = getattr(self, f"on_{message['type']}", None)
        if handler is not None:
            handler(message)
        else:
            task = self.worker.tasks.get((self.owner, message["taskId"]))
            if task is None:
                self.refuse("unknown_task", "expected a task of this sender, got an unknown one", message["taskId"])
            else:
                self.on_task_message(task, message)
        self.is_first = False

    def count_malformed(self):
        now = time.monotonic()
        self.malformed = [at for at in self.malformed if now - at < MALFORMED_WINDOW_S] + [now]
        if len(self.malformed) >= MAX_MALFORMED_FRAMES:
            self.connection.close(1008)

    def on_ping(self, message):
        self.send({"type": "pong", **({"id": message["id"]} if "id" in message else {})})

    def on_hello(self, message):
        worker, manager_id = self.worker, message["managerId"]
        if not self.is_first:
            return self.refuse("unexpected_hello", "expected hello first or not at all")
        if worker.names.setdefault(manager_id, self.token_name) != self.token_name:
            return self.connection.close(4003)
        older = worker.managers.get(manager_id)
        if older is not None:
            older.connection.close(4001)
        worker.managers[manager_id] = self
        self.manager_id = self.owner = manager_id
        self.is_binary = message["output"] == "binary"
        for task in worker.tasks.values():
            if task.owner == manager_id:
                task.reader = None  # it waits until it is resumed
        self.send_welcome()
        self.send_heartbeat()
        for wanted in message.get("resume", []):
            task = worker.tasks.get((self.owner, wanted["taskId"]))
            if task is None:
                self.refuse("unknown_task", "expected a task of this manager", wanted["taskId"])
            else:
                task.resume(wanted["offset"], self)

    def send_welcome(self):
        disk = shutil.disk_usage(self.worker.directory)
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        own = [task for task in self.worker.tasks.values() if task.owner == self.owner]
        self.send(
            {
                "type": "welcome",
                "bootId": self.worker.boot_id,
                "protocol": "1.0",
                "workerType": "python",
                "labels": {},
                "resources": {"cpus": os.cpu_count() or 1, "memoryBytes": memory, "diskBytes": disk.total},
                "maxTasks": MAX_TASKS,
                "containment": "process-group",
                "limits": {
                    "maxPayloadBytes": websocket.MAX_PAYLOAD_BYTES,
                    "windowBytes": WINDOW_BYTES,
                    "retainBytes": RETAIN_BYTES,
                },
                "tasks": [task.summary() for task in own],
                "workspaces": sorted(path.name for path in self.workspaces().glob("*")),
            }
        )

    def send_heartbeat(self):
        disk = shutil.disk_usage(self.worker.directory)
        available = os.sysconf("SC_AVPHYS_PAGES") / os.sysconf("SC_PHYS_PAGES")
        load = os.getloadavg()
        running = self.worker.running()
        health = {
            "cpu": min(100.0, 100 * load[0] / (os.cpu_count() or 1)),
            "memory": 100 * (1 - available),
            "disk": 100 * disk.used / disk.total,
            "loadAverage": list(load),
            "eventLoopDelayMs": 0,
            "uptimeMs": int(1000 * (time.monotonic() - self.worker.started_at)),
        }
        status = "busy" if running else "idle"
        self.send({"type": "heartbeat", "status": status, "runningTasks": running, "health": health})

    # Commands

    def on_execute_command(self, message):
        task_id = message["taskId"]
        body = {**DEFAULTS, **{key: value for key, value in message.items() if key != "timestamp"}}
        known = self.worker.tasks.get((self.owner, task_id))
        if known is not None:
            if known.body != body:
                return self.refuse("duplicate_task", "expected the same command under a known id", task_id)
            return self.send(known.answer())
        detail, cwd = self.judge(body)
        if detail is not None:
            told = {"taskId": task_id, "code": "rejected", "detail": detail}
            return self.send({"type": "task_error", **told, "message": f"the command cannot be run: {detail}"})
        task = Task(self.owner, body, cwd)
        self.worker.tasks[self.owner, task_id] = task
        task.reader = self
        task.start()

    def judge(self, body):
        """Why a command cannot be run, or None; and where it runs."""
        words = [body["command"]] if isinstance(body["command"], str) else body["command"]
        if not words or words[0] == "" or any("\0" in word for word in words):
            return "invalid_command", None
        allowed = body.get("allowEnv", False)
        for name, value in body["env"].items():
            steers = name.startswith(STEERING) or name in STEERING_NAMES
            if name == "" or "=" in name or "\0" in name + value:
                return "invalid_env", None
            if steers and allowed is not True and (allowed is False or name not in allowed):
                return "invalid_env", None
        if body.get("limits"):
            return "unenforceable_limit", None
        if body.get("network") == "none":
            return "containment_unavailable", None
        if self.worker.running() >= MAX_TASKS:
            return "busy", None
        root = self.worker.directory / "default"
        if "workspace" in body:
            root = self.workspaces() / body["workspace"]
        root.mkdir(parents=True, exist_ok=True)
        root = root.resolve()
        if "\0" in body["cwd"] or os.path.isabs(body["cwd"]):
            return "invalid_cwd", None
        cwd = (root / body["cwd"]).resolve()
        if not cwd.is_dir() or (cwd != root and root not in cwd.parents):
            return "invalid_cwd", None
        return None, cwd

    def workspaces(self):
        path = self.worker.directory / "workspaces" / self.token_name
        path.mkdir(parents=True, exist_ok=True)
        return path.resolve()

    def on_remove_workspace(self, message):
        path = self.workspaces() / message["workspace"]
        if not path.exists():
            return self.refuse("unknown_workspace", "expected a workspace that exists")
        running = [task for task in self.worker.tasks.values() if not task.is_ended]
        if any(path == task.cwd or path in task.cwd.parents for task in running):
            return self.refuse("workspace_busy", "expected a workspace in which nothing runs")
        shutil.rmtree(path, ignore_errors=True)
        self.send({"type": "workspace_removed", "workspace": message["workspace"]})

    # What is about one task

    def on_task_message(self, task, message):
        kind = message["type"]
        if kind == "resume_task":
            task.resume(message["offset"], self)
        elif kind == "task_ack":
            task.ack(message["offset"], self)
        elif kind == "send_input":
            task.feed(message, self)
        elif kind == "forget_task":
            self.forget(task)
        elif task.is_ended:
            pass  # it crossed the end on its way
        elif kind == "signal_task":
            task.signal(getattr(signal, message["signal"]))
        elif kind == "terminate_task":
            task.end("terminated", message.get("graceMs", 5_000))
        elif kind == "resize_pty":
            task.resize(message["cols"], message["rows"])

    def forget(self, task):
        self.worker.tasks.pop((task.owner, task.id), None)
        task.forget()


async def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--token-file", required=True, help="lines of [NAME:]TOKEN")
    options.add_argument("--schema", required=True, help="schema/v1.json of @sandcrew/protocol")
    options.add_argument("--listen", default="127.0.0.1:7433")
    options.add_argument("--directory", default="sandcrew-python-worker", help="holds the workspaces")
    chosen = options.parse_args()
    tokens = {}
    for line in pathlib.Path(chosen.token_file).read_text().split():
        name, _, token = line.rpartition(":")
        tokens[token] = name or "default"
    # A thread waits for each command; by default there are four more than processors, and the next end would wait for one.
    asyncio.get_running_loop().set_default_executor(concurrent.futures.ThreadPoolExecutor(MAX_TASKS + 1))
    validator = Validator(load_text(chosen.schema))
    pathlib.Path(chosen.directory).mkdir(parents=True, exist_ok=True)
    worker = Worker(tokens, validator, pathlib.Path(chosen.directory).resolve())
    host, _, port = chosen.listen.rpartition(":")
    server = await websocket.listen(host, int(port), tokens, worker.serve)
    bound = server.sockets[0].getsockname()
    ready = {"event": "listening", "url": f"ws://{bound[0]}:{bound[1]}", "workerId": worker.worker_id, "pid": os.getpid()}
    print(json.dumps(ready), flush=True)
    stop = asyncio.get_running_loop().create_future()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, lambda: stop.done() or stop.set_result(None))
    await stop
    server.close()
    for task in list(worker.tasks.values()):
        task.forget()
    await asyncio.gather(*(task.gone() for task in worker.tasks.values()))


if __name__ == "__main__":
    asyncio.run(main())
    sys.exit(0)
