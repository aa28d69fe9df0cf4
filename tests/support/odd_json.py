"""JSON of any shape under the names that CloudTrail uses: what a record must not be and may be."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st
from s3watch.sources.cloudtrail import Record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from([field.encode_name for field in msgspec.structs.fields(Record)]) | st.text()
RECORDS = st.dictionaries(NAMES, JSON, max_size=8)
