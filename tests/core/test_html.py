"""HTML from others becomes harmless; text of our people becomes HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fediverse_ai.core.html import clean, paragraphs, text_of

REL = 'rel="nofollow noopener noreferrer ugc"'


@pytest.mark.parametrize(
    ("dirty", "cleaned"),
    [
        ("<p>Hello <em>you</em><br>there</p>", "<p>Hello <em>you</em><br>there</p>"),
        ("<script>alert(1)</script>x<style>p{}</style>", "x"),
        ('<img src="https://x.example/t.gif">a', "a"),
        ('<p onclick="x()" style="color:red" id="a">a</p>', "<p>a</p>"),
        ('<a href="https://x.example/">x</a>', f'<a href="https://x.example/" {REL}>x</a>'),
        ('<a href="javascript:alert(1)">x</a>', f"<a {REL}>x</a>"),
        ('<a href="//x.example/">x</a>', f"<a {REL}>x</a>"),
        ('<a href="/login">x</a>', f"<a {REL}>x</a>"),
        ('<a href="https://good.example@evil.example/">x</a>', f"<a {REL}>x</a>"),
        ('<a href="https:\\\\evil.example/">x</a>', f"<a {REL}>x</a>"),
        ('<a class="u-url mention evil" href="https://x.example/" target="_blank">x</a>',
         f'<a class="u-url mention" href="https://x.example/" {REL}>x</a>'),
        ('<span class="evil">a</span>', "<span>a</span>"),
        ('<ol start="3"><li value="4">a</li></ol>', '<ol start="3"><li value="4">a</li></ol>'),
        ("a\u202eb\u2066c", "abc"),
        ("<h1>a</h1><table><tr><td>b</td></tr></table>", "ab"),
        ("<!-- c -->a", "a"),
        ("<p>unclosed", "<p>unclosed</p>"),
    ],
)  # fmt: skip
def test_what_is_left_of_remote_html(dirty: str, cleaned: str) -> None:
    assert clean(dirty) == cleaned


@given(st.text(alphabet="<>/=\"'&; abpscriptimghref:javasvg!-\u202e", max_size=80))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<br>b &amp; c</p><p>d</p>", "a\nb & c\nd"),
        ("<p>&lt;b&gt;</p>", "<b>"),
        ("<script>x</script>a", "a"),
        ("a\n b   c", "a b c"),
        ("", ""),
    ],
)
def test_the_text_of_html(html: str, text: str) -> None:
    assert text_of(html) == text


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("a <b> & \"c\"", '<p>a &lt;b&gt; &amp; "c"</p>'),
        ("see https://x.example/a?b=1&c=2.",
         f'<p>see <a href="https://x.example/a?b=1&amp;c=2" {REL}>https://x.example/a?b=1&amp;c=2</a>.</p>'),
        ("https://u@x.example/", "<p>https://u@x.example/</p>"),
        ("javascript:alert(1)", "<p>javascript:alert(1)</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_becomes_paragraphs(text: str, html: str) -> None:
    assert paragraphs(text) == html


@given(st.text(max_size=200))
def test_paragraphs_are_already_clean_and_say_the_same(text: str) -> None:
    html = paragraphs(text)
    assert text_of(clean(html)) == text_of(html)
    assert "<script" not in html
