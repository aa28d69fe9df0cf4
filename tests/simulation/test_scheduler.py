from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.simulation.queues import Mapping, Queue
from tests.simulation.scheduler import Scheduler


def test_workers_take_turns_at_every_wait():
    scheduler, steps = Scheduler(Random(1)), list[tuple[str, float]]()

    def work(name: str, seconds: float) -> Callable[[], None]:
        def steps_of() -> None:
            for _ in range(2):
                scheduler.wait(seconds)
                steps.append((name, scheduler.now))

        return steps_of

    scheduler.start("slow", work("slow", 2.0), 60.0, lambda: None)
    scheduler.start("fast", work("fast", 1.5), 60.0, lambda: None)
    scheduler.run(100.0)

    assert steps == [("fast", 1.5), ("slow", 2.0), ("fast", 3.0), ("slow", 4.0)]


def test_a_killed_worker_runs_no_more_of_its_code():
    scheduler, done = Scheduler(Random(1)), list[str]()

    def work() -> None:
        try:
            scheduler.die()
        finally:
            done.append("finally")

    scheduler.start("worker", work, 60.0, lambda: done.append("death"))
    scheduler.run(100.0)

    assert done == ["death"]


def test_a_worker_dies_at_its_timeout():
    scheduler, done = Scheduler(Random(1)), list[float]()
    scheduler.start("worker", lambda: scheduler.wait(61.0), 60.0, lambda: done.append(scheduler.now))
    scheduler.run(100.0)

    assert done == [60.0]


def test_a_message_of_a_dead_worker_comes_back_after_its_visibility_timeout():
    scheduler, seen = Scheduler(Random(1)), list[tuple[int, str]]()

    def handle(batch: list[dict]) -> list[str]:
        seen.append((round(scheduler.now), batch[0]["attributes"]["ApproximateReceiveCount"]))
        if len(seen) == 1:
            scheduler.die()
        return []

    queue = Queue("detect", scheduler, Mapping(362.0, 60.0, 10, 0.03, 1), handle, bury=lambda body: None)
    queue.send("body")
    scheduler.run(1000.0)

    assert (seen, queue.messages) == ([(0, "1"), (362, "2")], {})


def test_a_message_goes_to_the_dead_letters_after_its_last_receive():
    scheduler, buried = Scheduler(Random(1)), list[str]()
    mapping = Mapping(10.0, 5.0, 10, 0.03, 1, most_receives=3)
    queue = Queue(
        "detect", scheduler, mapping, lambda batch: [each["messageId"] for each in batch], buried.append
    )
    queue.send("body")
    scheduler.run(1000.0)

    assert (buried, queue.messages) == (["body"], {})
