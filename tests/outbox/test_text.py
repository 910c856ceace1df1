"""What an author wrote becomes HTML with links, and nothing else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import html
from outbox import tag_guard, text

BASE = "https://home.test"
BEN = text.Mentioned("https://home.test/users/ben", "ben@home.test", "https://home.test/@ben")


def test_mentions_are_found_where_people_write_them() -> None:
    written = "Hi @ben, @carl@good.test! mail a@b.example, https://x.test/@nobody (@dora)."
    assert text.mentions_in(written) == ["ben", "carl@good.test", "dora"]


def test_hashtags_are_letters_digits_and_underscores_but_not_digits_alone() -> None:
    assert hashtags.found_in("#Fog #fog #2026 #año_nuevo a#b https://x.test/#part &#38;") == ["Fog", "año_nuevo"]


def test_nothing_in_a_web_address_is_a_mention_or_a_hashtag() -> None:
    """The address stays one link, whatever stands in it; behind it the text goes on."""
    address = "https://x.test/?#part&who=@ben"
    written = f"See {address}, @ben #Fog"
    assert hashtags.found_in(written) == ["Fog"]
    assert text.mentions_in(written) == ["ben"]
    made = text.to_html(written, BASE, {"ben": BEN})
    shown = address.replace("&", "&amp;")
    assert f'See <a href="{shown}" rel="nofollow noopener noreferrer ugc">{shown}</a>, ' in made
    assert made.count("<a ") == 3
    assert tag_guard.without("#art https://x.test/?#art", ["art"]) == "https://x.test/?#art"


def test_hashtags_keep_the_marks_of_other_scripts() -> None:
    assert hashtags.found_in("#हिन्दी #ภาษาไทย #עִבְרִית #தமிழ்!") == ["हिन्दी", "ภาษาไทย", "עִבְרִית", "தமிழ்"]


def test_links_are_made_and_text_is_escaped() -> None:
    made = text.to_html("<b> @ben & #Fog https://x.test/a?b=1&c=2", BASE, {"ben": BEN})
    assert "&lt;b&gt;" in made
    assert '<a href="https://home.test/@ben" class="u-url mention">@<span>ben</span></a>' in made
    assert '<a href="https://home.test/tags/fog" class="mention hashtag" rel="tag">#<span>Fog</span></a>' in made
    assert 'href="https://x.test/a?b=1&amp;c=2"' in made


def test_a_mention_of_nobody_stays_text() -> None:
    assert text.to_html("@ghost", BASE, {}) == "<p>@ghost</p>"


@given(st.text(max_size=300))
def test_whatever_is_written_cannot_become_another_tag(written: str) -> None:
    made = text.to_html(written, BASE, {"ben": BEN})
    # The cleaner knows which tags may be; escaping must have left none for it to remove.
    assert html.text_of(html.clean(made)) == html.text_of(made)
    assert "<script" not in made.lower()


@given(st.text(max_size=300))
def test_what_is_typed_can_be_typed_again(written: str) -> None:
    """A profile that is opened and saved says the same, in the same lines; only runs of blanks become one."""
    once = hashtags.linked(written, BASE)
    again = hashtags.linked(html.typed(once), BASE)
    assert html.text_of(again) == html.text_of(once)
    assert hashtags.linked(html.typed(again), BASE) == again
