"""What a person would read through gaps, digits, look-alikes and encodings, and what must be left alone."""

from __future__ import annotations

import base64
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generation.moderators.normalise import clean, readings

WORDS = st.lists(st.text("abcdefghijklmnopqrstuvwxyz", min_size=3, max_size=9), min_size=1, max_size=5).map(" ".join)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_readings_and_cleaning_ends(text: str) -> None:
    said = readings(text)
    assert said.texts
    assert clean(clean(clean(text))) == clean(clean(text))


@settings(max_examples=50, deadline=None)
@given(WORDS, st.sampled_from("\u200b\u200c\u200d\u2060\u00ad\ufe0f\u034f\u3164"), st.integers(1, 4))
def test_invisible_characters_change_nothing(text: str, nothing: str, every: int) -> None:
    hidden = "".join(char + nothing if i % every == 0 else char for i, char in enumerate(text))
    assert clean(hidden) == text


@settings(max_examples=50, deadline=None)
@given(WORDS.filter(lambda text: not re.search(r"(.)\1\1", text)), st.sampled_from([".", "-", "_", "*", " "]))
def test_letters_with_gaps_are_joined(text: str, gap: str) -> None:
    apart = "  ".join(gap.join(word) for word in text.split())
    assert "  ".join(text.split()) in readings(apart).texts


@settings(max_examples=50, deadline=None)
@given(WORDS)
def test_base64_is_read(text: str) -> None:
    encoded = base64.b64encode(f"{text} {text} {text}".encode()).decode()
    assert f"{text} {text} {text}" in readings(f"draw {encoded} please").texts


@settings(max_examples=50, deadline=None)
@given(WORDS)
def test_mathematical_letters_are_letters(text: str) -> None:
    bold = "".join(chr(0x1D41A + ord(char) - 97) if char != " " else char for char in text)
    assert clean(bold) == text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("n4k3d", "naked"),
        ("p0rn", "porn"),
        ("$3xy", "sexy"),
        ("nаkеd", "naked"),  # Cyrillic а and е
        ("ｎａｋｅｄ", "naked"),
        ("🅝🅐🅚🅔🅓", "naked"),
        ("NÄKËD", "naked"),
        ("naaaaked", "naked"),
        ("n.a.k.e.d", "naked"),
        ("n-a-k-e-d", "naked"),
        ("n*4*k*3*d", "naked"),
        ("&#110;aked", "naked"),
        ("n%61ked", "naked"),
        ("n̶a̶k̶e̶d̶", "naked"),
    ],
)
def test_disguises(written: str, meant: str) -> None:
    assert any(meant in text for text in readings(f"a {written} thing").texts)


@pytest.mark.parametrize(
    "text",
    [
        "красная площадь зимой",
        "το καλοκαίρι στο νησί",
        "35mm film, f1.8, 4k, 3d, 1920s",
        "a b-side of an lp, take 2",
        "桜の下で",
    ],
)
def test_honest_text_has_one_reading(text: str) -> None:
    assert readings(text).texts == (clean(text),)


@pytest.mark.parametrize(
    "hostile", ["a." * 5_000, "A" * 10_000, "=" * 10_000, "0" * 10_000, "a@" * 5_000, "%6" * 5_000]
)
def test_hostile_texts_take_no_time(hostile: str) -> None:
    before = time.process_time()
    readings(hostile)
    assert time.process_time() - before < 1.0
