"""What the model of costs rests on: measured, set in the templates, or assumed."""

from __future__ import annotations

from collections.abc import Iterator

from s3watch_cli.cost import model, paths
from s3watch_cli.cost.scopes import EXPECTED, KEPT, SENSITIVE


def assumptions() -> Iterator[tuple[str, str, str]]:
    """Yield the assumptions of the model: what, how much, and the source."""
    yield from _of_functions()
    yield from _of_traffic()
    yield from _of_the_ledger()


def _of_functions() -> Iterator[tuple[str, str, str]]:
    batches = f"batches of {paths.BATCH} in {paths.WINDOW} s, {paths.MEMORY} MB, arm64"
    yield "settings of Detect", batches, "template.yaml"
    yield "settings of ScanLogs", f"a file at a time, {paths.SCAN_MEMORY} MB, arm64", "template.yaml"
    yield "evaluating an event from the queue", _us(paths.EVENT_SECONDS), "measured"
    yield "evaluating a record of a log file", _us(paths.RECORD_SECONDS), "measured"
    yield "the overhead of an invocation", f"{paths.CALL_SECONDS * 1e3:.0f} ms of a full core", "assumed"
    yield "fetching a log file", f"{paths.FILE_SECONDS * 1e3:.0f} ms of a full core", "assumed"
    yield "what an invocation of Detect logs", f"{paths.DETECT_LOG_BYTES} bytes", "measured"
    yield "what an invocation of ScanLogs logs", f"{paths.SCAN_LOG_BYTES} bytes", "measured"
    polls = f"{paths.POLLERS} pollers, a request in {paths.POLL_SECONDS} s each"
    yield "polling an empty queue", polls, "assumed"


def _of_traffic() -> Iterator[tuple[str, str, str]]:
    yield "an event on the bus", f"{model.EVENT_BYTES:,} bytes", "measured over events/"
    yield "a record in CloudWatch Logs", f"{model.RECORD_BYTES:,} bytes", "measured over events/"
    yield "a record in a gzipped log file", f"{model.PACKED_BYTES} bytes", "assumed"
    yield "a line of an access log", f"{model.LINE_BYTES} bytes", "measured over 40 recorded ones"
    records = "{:,} to {:,}, a file every five minutes at least".format(*paths.RECORDS_PER_FILE)
    yield "records in a log file", records, "assumed"
    yield "lines in an access-log file", "{:,} to {:,}".format(*model.LINES_PER_FILE), "assumed"
    yield "messages that SQS delivers at once", f"1 to {paths.RECEIVED}", "assumed"
    management = f"{model.MANAGEMENT:,} a month; `--management-events` says how many"
    yield "write management events", management, "assumed"
    shares = f"{100 * SENSITIVE:.0f} %, of these by expected callers {100 * EXPECTED:.0f} %"
    yield "calls on sensitive objects", f"{shares}; `--sensitive`, `--expected`", "assumed"
    yield "of these, passed on all the same", f"{100 * KEPT:.0f} %; `--kept`", "assumed"
    yield "requests that create or delete", f"1 in {1 / model.WRITE_SHARE:.0f}", "assumed"
    yield "requests that are presigned", f"1 in {1 / model.PRESIGNED_SHARE:.0f}", "assumed"


def _of_the_ledger() -> Iterator[tuple[str, str, str]]:
    hits = f"1 in {1 / paths.HIT_SHARE:,.0f}; {paths.HITS_PER_MAIL} to an e-mail"
    yield "events that are hits", hits, "assumed"
    opened = f"{paths.GROUP_WRITES} write units, its messages included"
    yield "a group of one hit in the ledger", opened, "measured"
    yield "a further hit", "{:.1f} to {:.1f} write units".format(*paths.CLAIM_WRITES), "measured"
    yield f"a batch past {paths.EXACT} hits", f"{paths.COUNT_WRITES} write units", "measured"
    yield "what is remembered of a new caller", f"{paths.SEEN_WRITES} write units", "measured"
    yield "counting the calls of a log file", f"{paths.VOLUME_WRITES:.1f} write units", "measured"


def _us(seconds: float) -> str:
    return f"{seconds * 1e6:.0f} us of a full core"
