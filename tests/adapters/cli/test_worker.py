"""The worker: every job on its own lane, one failing part stops no other, SIGTERM lets it finish."""

from __future__ import annotations

import signal
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.cli.work import Job, Lanes, drain, jobs_of, new_owner
from application.errors import StorageUnavailable
from tests.adapters.cli.processes import running
from tests.adapters.cli.stand import Stand

QUICK = timedelta(milliseconds=5)


class Counter:
    """A job that counts its runs and may have something to say about them."""

    def __init__(self, name: str, *, fails: int = 0, error: type[Exception] = RuntimeError) -> None:
        self.name, self.fails, self.error = name, fails, error
        self.runs = 0
        self.reached = threading.Event()

    def run(self) -> int:
        self.runs += 1
        if self.runs <= self.fails:
            raise self.error("it is broken")
        if self.runs >= self.fails + 3:
            self.reached.set()
        return 0

    def job(self) -> Job:
        return Job(self.name, self.run, QUICK)


def lanes_until(counters: list[Counter], *wanted: Counter) -> bool:
    """Run the lanes until the wanted jobs ran well three times; whether all ended in time."""
    lanes = Lanes(tuple(counter.job() for counter in counters), lambda: None)
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(lanes.run()))
    thread.start()
    for counter in wanted:
        assert counter.reached.wait(10), counter.name
    lanes.stop()
    thread.join(10)
    return ended[0]


def test_each_job_runs_again_and_again_until_stopped() -> None:
    counters = [Counter("one"), Counter("two")]
    assert lanes_until(counters, *counters)
    runs = [counter.runs for counter in counters]
    time.sleep(0.05)
    assert [counter.runs for counter in counters] == runs


@pytest.mark.parametrize("error", [RuntimeError, StorageUnavailable])
def test_a_failing_job_backs_off_and_stops_no_other(error: type[Exception]) -> None:
    broken, well = Counter("broken", fails=10**6, error=error), Counter("well")
    assert lanes_until([broken, well], well)
    assert broken.runs <= 2


def test_a_job_that_failed_goes_on_when_it_works_again() -> None:
    shaky = Counter("shaky", fails=1)
    assert lanes_until([shaky], shaky)


def test_a_job_that_found_something_does_not_pause() -> None:
    left = [50]
    empty = threading.Event()

    def work() -> int:
        if not left[0]:
            empty.set()
            return 0
        left[0] -= 1
        return 1

    lanes = Lanes((Job("busy", work, timedelta(seconds=30)),), lambda: None)
    thread = threading.Thread(target=lanes.run)
    started = time.monotonic()
    thread.start()
    assert empty.wait(10)
    assert time.monotonic() - started < 10
    lanes.stop()
    thread.join(10)


def test_a_slow_job_stops_no_other_and_is_cut_off_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.cli.work.GRACE", timedelta(milliseconds=200))
    release = threading.Event()
    slow = Job("slow", lambda: release.wait(20) and 0, QUICK)
    well = Counter("well")
    lanes = Lanes((slow, well.job()), lambda: None)
    ended: list[bool] = []
    thread = threading.Thread(target=lambda: ended.append(lanes.run()))
    thread.start()
    assert well.reached.wait(10)
    lanes.stop()
    thread.join(10)
    release.set()
    assert ended == [False]


def test_the_heart_beats_while_the_lanes_run() -> None:
    beaten = threading.Event()
    lanes = Lanes((), beaten.set)
    thread = threading.Thread(target=lanes.run)
    thread.start()
    assert beaten.wait(10)
    lanes.stop()
    thread.join(10)


def test_no_two_workers_have_the_same_name() -> None:
    assert new_owner() != new_owner()
    assert new_owner().count(":") == 2


def test_once_does_what_is_due_and_leaves(stand: Stand) -> None:
    stand.arm("lost", on="callback", times=1)
    lost = stand.start()
    stand.press(lost)
    stand.sql("UPDATE payments SET look_at = '2026-01-01 00:00:00.000000'")
    done = stand.json("worker", "--once")
    assert done["reconcile"] >= 1
    assert done["relay"] >= 1
    assert stand.status(lost) == "paid"
    assert stand.json("worker", "--once") == {"judge": 0, "reconcile": 0, "expire": 0, "relay": 0}
    assert stand.json("events", "list", "--undelivered") == []
    assert stand.json("check")["violations"] == []


def test_draining_judges_what_was_put_off(stand: Stand) -> None:
    sent = stand.paid()
    stand.sql("UPDATE callbacks SET state = 'pending', judged_at = NULL, event_key = NULL")
    assert drain(stand.application.use_cases, "me")["judge"] == 1
    assert stand.status(sent) == "paid"


def test_the_jobs_are_the_four_of_the_liveness_rules(stand: Stand) -> None:
    jobs = {job.name: job for job in jobs_of(stand.application.use_cases, "me")}
    assert set(jobs) == {"judge", "reconcile", "expire", "relay"}
    assert max(jobs["judge"].pause, jobs["relay"].pause) < timedelta(seconds=5)


def test_a_worker_judges_within_seconds_and_leaves_on_sigterm(stand: Stand, tmp_path: Path) -> None:
    sent = stand.paid()
    stand.sql("UPDATE callbacks SET state = 'pending', judged_at = NULL, event_key = NULL")
    with running("--config", str(stand.config), "worker", folder=tmp_path) as worker:
        worker.wait_for(lambda: stand.json("callbacks", "list")[0]["state"] != "pending", "the verdict")
        worker.wait_for(lambda: not stand.json("events", "list", "--undelivered"), "the last delivery")
        assert stand.application.use_cases.health()["worker"] == "ok"
        worker.process.send_signal(signal.SIGTERM)
        assert worker.ends() == 0
    assert "worker started" in worker.said
    assert "finished=True" in worker.said
    assert stand.status(sent) == "paid"


def test_a_worker_leaves_when_its_parent_is_gone(stand: Stand, tmp_path: Path) -> None:
    with running("--config", str(stand.config), "worker", "--parent", "1", folder=tmp_path) as worker:
        assert worker.ends() == 0
