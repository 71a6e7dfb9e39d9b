"""What a change of the queue costs; the sizes of `make crash` with fewer repetitions."""

from speed import adding, transitions


def test_a_transition_costs_little_more_than_writing_its_files() -> None:
    row = transitions(times=9)
    assert row.reached, row.measured


def test_adding_ten_thousand_films_writes_each_file_once() -> None:
    row = adding()
    assert row.reached, row.measured
