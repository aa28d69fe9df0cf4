from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from s3watch.prefixes import Prefixes

texts = st.text(alphabet="ab/", max_size=6)
pairs = st.lists(st.tuples(texts, st.integers(0, 9)), max_size=12)


@given(pairs=pairs, text=texts)
def test_every_prefix_of_a_text_is_found(pairs: list[tuple[str, int]], text: str):
    expected = sorted(value for prefix, value in pairs if text.startswith(prefix))

    assert sorted(Prefixes(pairs).matching(text)) == expected


@given(pairs=pairs, prefix=texts)
def test_everything_under_a_prefix_is_found(pairs: list[tuple[str, int]], prefix: str):
    expected = sorted(value for known, value in pairs if known.startswith(prefix))

    assert sorted(Prefixes(pairs).under(prefix)) == expected
    assert Prefixes(pairs).is_any_under(prefix) == bool(expected)
