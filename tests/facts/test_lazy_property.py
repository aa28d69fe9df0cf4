from __future__ import annotations

from s3watch.facts.lazy_property import lazy


class Counted:
    times = 0

    @lazy
    def fact(self) -> int:
        """What is computed."""
        self.times += 1
        return self.times


def test_a_fact_is_computed_once_when_it_is_first_read():
    counted = Counted()

    assert (counted.times, counted.fact, counted.fact, counted.times) == (0, 1, 1, 1)


def test_a_fact_that_is_set_is_not_computed():
    counted = Counted()
    counted.fact = 7

    assert (counted.fact, counted.times) == (7, 0)


def test_a_fact_keeps_its_docstring():
    assert Counted.fact.__doc__ == "What is computed."
