from hypothesis import given
from hypothesis import strategies as st

from local.lambdas.batches import MAX_PAYLOAD, RECORD_FRAME, deliver_in_order, done, fit, seconds_until_due


def stream(*numbers):
    return [{"dynamodb": {"SequenceNumber": str(number)}} for number in numbers]


WINDOW = {"BatchSize": 100, "MaximumBatchingWindowInSeconds": 2}


def test_a_full_batch_goes_out_at_once():
    assert seconds_until_due(100, 10.0, WINDOW, 10.0) == 0


def test_a_batch_waits_until_its_first_record_has_waited_out_the_window():
    assert [seconds_until_due(99, 10.0, WINDOW, now) for now in (10.0, 11.5, 12.0, 13.0)] == [2.0, 0.5, 0, 0]


def test_without_a_window_a_batch_goes_out_at_once():
    assert seconds_until_due(1, 10.0, {"BatchSize": 100}, 10.0) == 0


@given(st.lists(st.integers(0, MAX_PAYLOAD), min_size=1))
def test_a_payload_is_as_full_as_it_can_be(sizes):
    count = fit(sizes)
    framed = [size + RECORD_FRAME for size in sizes]

    assert count >= 1
    assert sum(framed[:count]) <= MAX_PAYLOAD or count == 1
    assert count == len(sizes) or sum(framed[: count + 1]) > MAX_PAYLOAD


@given(
    st.lists(st.integers(0, 20), unique=True), st.sets(st.integers(0, 20)), st.booleans(), st.integers(0, 3)
)
def test_what_can_be_done_is_done_and_only_the_rest_is_given_up(records, poison, bisect, retries):
    finished = []

    def invoke(batch):
        good = 0 if poison & set(batch) else len(batch)
        finished.extend(batch[:good])
        return good

    given_up = [
        one for batch in deliver_in_order(records, invoke, retries, bisect=bisect, pause=int) for one in batch
    ]

    assert sorted(finished + given_up) == sorted(records)
    assert not bisect or set(given_up) == poison & set(records)


def test_a_batch_is_tried_again_as_often_as_the_mapping_says():
    calls = []

    def fail(batch):
        calls.append(list(batch))
        return 0

    assert list(deliver_in_order([1, 2], fail, 2, bisect=False, pause=int)) == [[1, 2]]
    assert calls == [[1, 2]] * 3


def test_a_partial_answer_goes_on_from_the_first_failure():
    seen = []

    def stop_at_three(batch):
        seen.append(list(batch))
        return batch.index(3) if 3 in batch and len(seen) == 1 else len(batch)

    assert list(deliver_in_order([1, 2, 3, 4], stop_at_three, 1, bisect=False, pause=int)) == []
    assert seen == [[1, 2, 3, 4], [3, 4]]


def test_an_answer_without_failures_is_done():
    assert done(stream(1, 2), {"body": {"batchItemFailures": []}}, partial=True) == 2


def test_records_before_the_first_failure_are_done():
    failures = [{"itemIdentifier": "9"}, {"itemIdentifier": "8"}]

    assert done(stream(7, 8, 9), {"body": {"batchItemFailures": failures}}, partial=True) == 1


def test_failures_count_only_where_the_mapping_reports_them():
    assert done(stream(7), {"body": {"batchItemFailures": [{"itemIdentifier": "7"}]}}, partial=False) == 1


def test_nothing_of_a_crash_is_done():
    assert done(stream(7), {"error": True, "body": {"errorMessage": "no"}}, partial=True) == 0
