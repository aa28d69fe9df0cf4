from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from s3watch_cli.history import time_order
from s3watch_cli.history.time_order import TimeOrder


@given(st.lists(st.tuples(st.sampled_from([0.0, 1.0, 2.5, 1e12]), st.binary(max_size=20))))
def test_records_come_back_by_time_and_as_they_came_however_few_fit_in_memory(records):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time_order, "MOST_BYTES", 30)
        order = TimeOrder()
        for number, (time, raw) in enumerate(records):
            order.add(time, f"a, record {number}", raw)

        numbered = [(time, at, f"a, record {at}", raw) for at, (time, raw) in enumerate(records)]
        assert list(order) == sorted(numbered)


def test_the_name_of_a_file_need_not_be_utf_8(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(time_order, "MOST_BYTES", 0)
    order = TimeOrder()
    order.add(1.0, "\udcff.json, record 1", b"{}")

    assert list(order) == [(1.0, 0, "\udcff.json, record 1", b"{}")]
