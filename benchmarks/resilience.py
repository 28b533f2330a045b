"""What the service keeps when it or its database goes away, and whether it stays the same for half an hour.

- kills: programs store petitions, correct them and upload files of bulk jobs, each with an idempotency key; the service
  gets SIGKILL at a random moment and is started again, so many times. What was answered with success must be there at
  the end, and what was sent again because no answer came must be there once.
- outage: the PostgreSQL server stops and starts again. Routing must go on, what would be stored must be refused with a
  clear 503, and work again by itself.
- events: the same load and kills while a webhook is told of every event, whose receiver is gone now and then, too.
  Every event that the store has must arrive at least once.
- soak: so many requests a second for some minutes: errors, and growth of the process's memory after the first minutes.
- reload: two processes; so many requests a second for half a minute, first undisturbed, then while one of two models is
  put into use after the other: errors, latencies, how long it takes until all processes use it, and memory.

    python benchmarks/resilience.py [kills] [outage] [events] [soak] [reload] [--kills 20] [--outage-seconds 60]
        [--minutes 30]

Needs Linux, and PostgreSQL's programs for ``outage`` and ``--postgresql``. Traffic goes to this machine alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from common import ROOT, Row, parser, save, table
from load import HOST, Failed, Latencies, at_rate
from process import family
from sqlalchemy import create_engine, text

from petition_nlp.artifact import save_model
from petition_nlp.client import ApiError, Client, ClientError, NoAnswerError, Retries
from petition_nlp.client.webhooks import verify
from petition_nlp.profiles import FAST
from petition_nlp.route import Message
from petition_nlp.router import Router

sys.path.insert(0, str(ROOT / "tests"))
import postgres

TEXTS = tuple(f"{place}的{thing}，请尽快处理" for place in "东西南北" for thing in ("路灯不亮", "水管爆裂", "油烟扰民"))
WRITERS = 4
_UP_SECONDS = (2.0, 6.0)
_START_SECONDS = 60
_EVENT_UP_SECONDS = (4.0, 14.0)
"""Longer than a dead process keeps others from delivering, so that kills fall into deliveries."""
_RECEIVER_UP, _RECEIVER_DOWN = (3.0, 8.0), (0.5, 3.0)
_TAKES_SECONDS = 0.05
"""What a receiver needs for an event; a service that is killed meanwhile does not know that it was taken."""
_ARRIVE_SECONDS = 180
PARTS = ("kills", "outage", "events", "soak", "reload")


@dataclass
class Service:
    """The program, started again at will on one port and one data folder."""

    folder: Path
    database: str | None
    port: int
    processes: int = 1
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def start(self) -> float:
        """Start it; seconds until it is ready."""
        began = time.perf_counter()
        settings = {
            "PETITION_DATA_FOLDER": str(self.folder),
            "PETITION_LOG_LEVEL": "error",
            "PETITION_WEBHOOK_HOSTS": HOST,
        }
        if self.database:
            settings["PETITION_DATABASE"] = self.database
        command = [sys.executable, "-m", "petition_nlp.cli", "serve", "--profile", "fast", "--port", str(self.port)]
        command += ["--processes", str(self.processes)]
        environment = {**_environment(), **settings}
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        with Client(self.url, retries=Retries(attempts=1)) as client:
            while time.perf_counter() - began < _START_SECONDS:
                with contextlib.suppress(ClientError):
                    client.wait_until_ready()
                    return time.perf_counter() - began
                time.sleep(0.02)
        raise Failed("it did not start")

    def end(self, how: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait()

    def memory_mb(self) -> float:
        assert self.process is not None
        lines = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("Rss:")) / 1024


@contextlib.contextmanager
def service(database: str | None = None, processes: int = 1) -> Iterator[Service]:
    """A service on a free port with an empty folder."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as free:
        free.bind((HOST, 0))
        port: int = free.getsockname()[1]
        free.close()
        made = Service(Path(folder), database, port, processes)
        made.start()
        try:
            yield made
        finally:
            if made.process and made.process.poll() is None:
                made.end(signal.SIGTERM)


@dataclass
class Accepted:
    """What writers were told is stored."""

    petitions: dict[str, str] = field(default_factory=dict)
    corrected: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    sent: int = 0
    resent: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def kills(rounds: int, database: str | None = None) -> Row:
    """Kill the service under load again and again, and look for what was accepted."""
    accepted, over, starts = Accepted(), threading.Event(), []
    random_ = random.Random(0)
    with service(database) as running:
        writers = [threading.Thread(target=_write, args=(running.url, accepted, over, n)) for n in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(rounds):
            time.sleep(random_.uniform(*_UP_SECONDS))
            running.end(signal.SIGKILL)
            starts.append(running.start())
        over.set()
        for writer in writers:
            writer.join()
        return {"kills": rounds, **_missing(running.url, accepted), "seconds_to_start": round(max(starts), 1)}


def _write(url: str, accepted: Accepted, over: threading.Event, number: int) -> None:
    random_ = random.Random(number)
    with Client(url, retries=Retries(attempts=1), timeout=10) as client, tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "orders.csv"
        file.write_text("诉求内容\n" + "\n".join(TEXTS), encoding="utf-8")
        while not over.is_set():
            external = uuid.uuid4().hex
            message = Message(random_.choice(TEXTS), id=external)
            made = _surely(accepted, lambda key, m=message: client.petitions.store(m, key=key))
            with accepted.lock:
                accepted.petitions[external] = made.id
            if random_.random() < 0.3:
                _surely(
                    accepted,
                    lambda key, m=made: client.petitions.correct(m.id, department="housing", why="房屋问题", key=key),
                )
                with accepted.lock:
                    accepted.corrected.add(made.id)
            if random_.random() < 0.02:
                job = _surely(accepted, lambda key: client.jobs.upload(file, key=key))
                with accepted.lock:
                    accepted.jobs.add(job.id)


def _surely(accepted: Accepted, send: Callable[[str], object]):  # type: ignore[no-untyped-def]
    """Send a request, again under the same key as long as no answer comes."""
    key = uuid.uuid4().hex
    with accepted.lock:
        accepted.sent += 1
    while True:
        try:
            return send(key)
        except (NoAnswerError, ApiError) as error:
            if isinstance(error, ApiError) and error.status < 500:
                raise
            with accepted.lock:
                accepted.resent += 1
            time.sleep(0.05)


def _missing(url: str, accepted: Accepted) -> Row:
    with Client(url) as client:
        stored = {petition.external_id: petition for petition in client.petitions.find()}
        every = sum(1 for _ in client.petitions.find())
        jobs = {job.id for job in client.jobs.find()}
    lost = [own for own, identifier in accepted.petitions.items() if own not in stored or stored[own].id != identifier]
    corrected = {petition.id for petition in stored.values() if petition.decided_by == "person"}
    return {
        "sent": accepted.sent,
        "sent_again": accepted.resent,
        "petitions": len(accepted.petitions),
        "corrections": len(accepted.corrected),
        "jobs": len(accepted.jobs),
        "petitions_lost": len(lost),
        "corrections_lost": len(accepted.corrected - corrected),
        "jobs_lost": len(accepted.jobs - jobs),
        "petitions_twice": every - len(accepted.petitions),
        "jobs_twice": len(jobs) - len(accepted.jobs),
    }


class Receiver:
    """Takes events on one port, and is gone now and then."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []
        self.secret = ""
        self.restarts = 0
        self._server = self._listen(0)
        self.port = self._server.server_address[1]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def start(self) -> None:
        self.restarts += 1
        self._server = self._listen(self.port)

    def _listen(self, port: int) -> ThreadingHTTPServer:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                event = verify(body, dict(self.headers.items()), receiver.secret)
                receiver.seen.append((event["id"], event["subject"]))
                time.sleep(_TAKES_SECONDS)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

        server = Server((HOST, port), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return server


def events(rounds: int, database: str | None = None) -> Row:
    """Kill service and receiver under load again and again, and look for every event that the store has."""
    accepted, over, starts = Accepted(), threading.Event(), []
    random_ = random.Random(0)
    receiver = Receiver()
    with service(database) as running:
        with Client(running.url) as client:
            receiver.secret = client.webhooks.add("receiver", f"http://{HOST}:{receiver.port}/").secret
        threads = [threading.Thread(target=_write, args=(running.url, accepted, over, n)) for n in range(WRITERS)]
        threads.append(threading.Thread(target=_come_and_go, args=(receiver, over)))
        for thread in threads:
            thread.start()
        for _ in range(rounds):
            time.sleep(random_.uniform(*_EVENT_UP_SECONDS))
            running.end(signal.SIGKILL)
            starts.append(running.start())
        over.set()
        for thread in threads:
            thread.join()
        began = time.perf_counter()
        written = _written(database or f"sqlite:///{running.folder / 'petition-nlp.db'}")
        while not _have_arrived(written, receiver) and time.perf_counter() - began < _ARRIVE_SECONDS:
            time.sleep(0.1)
        took = round(time.perf_counter() - began, 1)
    receiver.stop()
    return {
        "kills": rounds,
        "receiver_restarts": receiver.restarts,
        **_compared(written, receiver.seen, accepted),
        "seconds_until_all_had_arrived": took,
        "seconds_to_start": round(max(starts), 1),
    }


def _come_and_go(receiver: Receiver, over: threading.Event) -> None:
    random_ = random.Random(1)
    while not over.wait(random_.uniform(*_RECEIVER_UP)):
        receiver.stop()
        over.wait(random_.uniform(*_RECEIVER_DOWN))
        receiver.start()


def _have_arrived(written: list[tuple[str, str, str]], receiver: Receiver) -> bool:
    return {identifier for identifier, _, _ in written} <= {identifier for identifier, _ in list(receiver.seen)}


def _written(url: str) -> list[tuple[str, str, str]]:
    """Identifier, subject and kind of every event in the store, in their order."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT id, subject, kind FROM event ORDER BY number")).all()
    engine.dispose()
    return [(row[0], row[1], row[2]) for row in rows]


def _compared(written: list[tuple[str, str, str]], seen: list[tuple[str, str]], accepted: Accepted) -> Row:
    arrived = {identifier for identifier, _ in seen}
    stored = {subject for _, subject, _ in written}
    corrected = {subject for _, subject, kind in written if kind == "petition.corrected"}
    return {
        "petitions": len(accepted.petitions),
        "corrections": len(accepted.corrected),
        "events": len(written),
        "events_lost": sum(identifier not in arrived for identifier, _, _ in written),
        "events_sent_again": len(seen) - len(arrived),
        "events_out_of_order": _out_of_order(written, seen),
        "petitions_without_an_event": len(set(accepted.petitions.values()) - stored),
        "corrections_without_an_event": len(accepted.corrected - corrected),
    }


def _out_of_order(written: list[tuple[str, str, str]], seen: list[tuple[str, str]]) -> int:
    """Events that came for the first time after a later one of their petition had come."""
    number = {identifier: n for n, (identifier, _, _) in enumerate(written)}
    newest: dict[str, int] = {}
    late = 0
    for identifier, subject in dict.fromkeys(seen):
        late += number.get(identifier, -1) < newest.get(subject, -1)
        newest[subject] = max(newest.get(subject, -1), number.get(identifier, -1))
    return late


def outage(seconds: float) -> Row:
    """Stop PostgreSQL for a while under a service that routes and stores."""
    with postgres.cluster() as cluster:
        cluster.sql("CREATE DATABASE petitions")
        with service(cluster.url("petitions")) as running:
            routed, refused, over = [], [], threading.Event()
            prober = threading.Thread(target=_probe, args=(running.url, routed, refused, over))
            time.sleep(6)  # the guard has asked the store, as in any service that has been used
            with Client(running.url, retries=Retries(attempts=1)) as client:
                client.petitions.store(TEXTS[0])
                before = sum(1 for _ in client.petitions.find())
                cluster.stop("fast")  # the tests' server does not write through: a crash would lose what it has
                prober.start()
                time.sleep(seconds)
                over.set()
                prober.join()
                cluster.start()
                began = time.perf_counter()
                while True:
                    with contextlib.suppress(ClientError):
                        client.petitions.store(TEXTS[0])
                        break
                back = time.perf_counter() - began
                kept = sum(1 for _ in client.petitions.find())
    answered = [taken for ok, taken in routed if ok]
    return {
        "seconds": seconds,
        "routes": len(routed),
        "routes_failed": len(routed) - len(answered),
        "route_ms_median": round(statistics.median(answered) * 1000, 1) if answered else None,
        "route_ms_most": round(max(answered) * 1000, 1) if answered else None,
        "writes": len(refused),
        "writes_with_clear_503": sum(code == "store_unavailable" for code, _ in refused),
        "write_ms_most": round(max(taken for _, taken in refused) * 1000, 1),
        "seconds_until_it_stores_again": round(back, 2),
        "petitions_stored": before + 1,
        "petitions_there": kept,
    }


def _probe(url: str, routed: list[tuple[bool, float]], refused: list[tuple[str, float]], over: threading.Event) -> None:
    with Client(url, retries=Retries(attempts=1), timeout=30) as client:
        while not over.is_set():
            began = time.perf_counter()
            try:
                client.route(TEXTS[0])
                routed.append((True, time.perf_counter() - began))
            except ClientError:
                routed.append((False, time.perf_counter() - began))
            began = time.perf_counter()
            try:
                client.petitions.store(TEXTS[0])
                refused.append(("stored", time.perf_counter() - began))
            except ApiError as error:
                refused.append((error.code, time.perf_counter() - began))
            time.sleep(0.1)


def soak(minutes: float, rate: float) -> Row:
    """Constant load for a long time; memory once a minute."""
    with service() as running:
        sizes, latencies = [], []
        for _ in range(round(minutes)):
            latencies.append(at_rate(running.port, TEXTS, rate, 60).percentile(99))
            sizes.append(round(running.memory_mb(), 1))
    settled = sizes[min(2, len(sizes) - 1)]
    return {
        "minutes": round(minutes),
        "rate": rate,
        "errors": 0,  # an error ends it
        "p99_ms_median": round(statistics.median(latencies), 1),
        "memory_mb": sizes,
        "growth_percent": round(100 * (sizes[-1] / settled - 1), 1),
    }


def reload(rate: float, seconds: float = 30.0, changes: int = 5, processes: int = 2) -> Row:
    """Change the model back and forth under constant load."""
    with (
        service(processes=processes) as running,
        Client(running.url) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        shipped = Path(folder) / "shipped"
        save_model(replace(Router.load(profile=FAST).loaded, version="reload"), shipped)
        made = client.registry.add(shipped)
        before, undisturbed = _memory_mb(running), at_rate(running.port, TEXTS, rate, seconds)
        taken: list[float] = []
        changing = threading.Thread(target=_change, args=(client, made.id, seconds, changes, processes, taken))
        changing.start()
        disturbed = at_rate(running.port, TEXTS, rate, seconds)
        changing.join()
        return {
            "processes": processes,
            "seconds": seconds,
            "rate": rate,
            "changes": len(taken),
            "requests": len(disturbed.values),
            "errors": 0,  # an error ends it
            **{f"undisturbed_{name}": value for name, value in _latencies(undisturbed).items()},
            **{f"changing_{name}": value for name, value in _latencies(disturbed).items()},
            "seconds_until_all_use_it_median": round(statistics.median(taken), 2),
            "seconds_until_all_use_it_most": round(max(taken), 2),
            "memory_mb": before,
            "memory_mb_after": _memory_mb(running),
        }


def _change(client: Client, model: str, seconds: float, changes: int, processes: int, taken: list[float]) -> None:
    """Promote a model, roll it back, and so on, evenly over the time; note how long each takes."""
    pause = seconds / (changes + 1)
    for number in range(changes):
        time.sleep(pause)
        began = time.perf_counter()
        made = (
            client.registry.roll_back(why="来回切换") if number % 2 else client.registry.promote(model, why="来回切换")
        )
        while client.registry.get(made.id).processes < processes:
            time.sleep(0.02)
        taken.append(time.perf_counter() - began)
        pause = max(0.0, seconds / (changes + 1) - taken[-1])


def _latencies(found: Latencies) -> Row:
    return {
        "p50_ms": round(found.percentile(50), 1),
        "p99_ms": round(found.percentile(99), 1),
        "most_ms": round(max(found.values), 1),
    }


def _memory_mb(running: Service) -> float:
    """Of all processes together; what they share counts once."""
    assert running.process is not None
    memory = 0
    for pid in family(running.process.pid):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
        memory += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return round(memory / 1024, 1)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PETITION_")}


def _before(folder: Path) -> Row:
    """Figures of parts that were run before."""
    path = folder / "resilience.json"
    known: Row = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: known[name] for name in PARTS if name in known}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("parts", nargs="*", choices=[[], *PARTS], help="default: all")
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--postgresql", action="store_true", help="kills and events: with PostgreSQL")
    options.add_argument("--outage-seconds", type=float, default=60)
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--rate", type=float, default=375, help="requests a second of soak and reload")
    chosen = options.parse_args()
    parts = chosen.parts or PARTS
    figures: Row = {}
    for name, part in (("kills", kills), ("events", events)):
        if name in parts and chosen.postgresql:
            with postgres.cluster() as cluster:
                cluster.sql("CREATE DATABASE petitions")
                figures[name] = {"database": "postgresql", **part(chosen.kills, cluster.url("petitions"))}
        elif name in parts:
            figures[name] = {"database": "sqlite", **part(chosen.kills)}
    if "outage" in parts:
        figures["outage"] = outage(chosen.outage_seconds)
    if "soak" in parts:
        figures["soak"] = soak(chosen.minutes, chosen.rate)
    if "reload" in parts:
        figures["reload"] = reload(chosen.rate)
    for name, row in figures.items():
        print(f"\n{name}\n\n" + table(("", ""), [(key, value) for key, value in row.items()]))
    dated = {name: {"date": date.today().isoformat(), **row} for name, row in figures.items()}
    save(
        "resilience",
        {**_before(chosen.results), **dated},
        folder=chosen.results,
        libraries=("fastapi", "uvicorn", "sqlalchemy"),
    )


if __name__ == "__main__":
    main()
