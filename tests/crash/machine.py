"""The state machine of the queues at full length: any order of changes, edits, restarts and crashes."""

import logging

from crew import Row


def steps(count: int = 10_000) -> Row:
    """At least `count` steps, each followed by a look at every invariant."""
    from hypothesis import HealthCheck, settings
    from hypothesis.stateful import run_state_machine_as_test
    from test_queue_machine import Queues

    logging.getLogger().addHandler(logging.NullHandler())
    long = settings(
        max_examples=100,
        stateful_step_count=50,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    before = Queues.steps
    failures: list[str] = []
    while Queues.steps - before < count and not failures:
        try:
            run_state_machine_as_test(Queues, settings=long)
        except Exception as error:  # noqa: BLE001 - whatever it is, the row says so
            failures.append(f"{type(error).__name__}: {error} {getattr(error, '__notes__', '')}")
    return Row(
        "hypothesis state machine of the queues",
        f"{count:,} steps: each film in exactly one queue, counted once",
        f"{Queues.steps - before:,} steps: {len(failures)} violations",
        not failures,
        failures=tuple(failures),
    )
