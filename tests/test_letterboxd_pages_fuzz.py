"""Damaged pages: a record or one named error, never a traceback, and never an empty list by mistake."""

import pytest
from letterboxd_html import CHALLENGE, GENERATIONS, film_page, items, watchlist

from errors import FilmFault
from letterboxd_pages import PageChanged, PageKind, classify, parse_film, parse_watchlist

pytest.importorskip("hypothesis")
from hypothesis import given, settings
from hypothesis import strategies as st

PAGES = [
    *(
        watchlist(items(1, 3), generation=g, total=9, next_href="/alice/watchlist/page/2/")
        for g in GENERATIONS
    )
]
PAGES += [film_page(data={"@type": "Movie", "director": [{"name": "A"}], "releasedEvent": []}), CHALLENGE]
SCRAPS = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ["<", ">", '"', "'", "\0", "</div>", "<aside>", "<body>", "<?xml", "{", "}", "&quot;", "film:"]
    ),
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    page = draw(st.sampled_from(PAGES))
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(page)))
        length = draw(st.sampled_from([0, 1, 10, 200, 5000]))
        page = page[:start] + draw(SCRAPS) + page[start + length :]
    return page


@settings(max_examples=150, deadline=None)
@given(damaged() | st.text())
def test_any_page_is_a_record_or_a_named_error(page: str) -> None:
    try:
        found = parse_watchlist(page, "http://127.0.0.1/alice/watchlist/")
        assert all(film.slug and film.title for film in found.films)
        assert found.promised is None or found.promised >= 0
    except PageChanged:
        pass
    try:
        assert parse_film(page, "http://127.0.0.1/film/x/").title
    except FilmFault:
        pass
    assert all(isinstance(classify(status, page), PageKind) for status in (200, 403, 503))


def test_deep_nesting_ends_in_an_answer() -> None:
    with pytest.raises(PageChanged):
        parse_watchlist("<div>" * 20000, "http://127.0.0.1/alice/watchlist/")
    deep = '<ul class="js-watchlist-content">' + "<div>" * 20000 + "<p data-item-slug='x'>"
    assert parse_watchlist(deep, "http://127.0.0.1/alice/watchlist/").promised is None
