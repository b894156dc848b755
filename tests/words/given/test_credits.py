"""What a file says about itself is not spoken; what only sounds so is."""

from __future__ import annotations

import pytest

from sentigram.formats.track import SpokenCue, TimedWord
from sentigram.words.given.credits import without_credits
from tests.formats.files import srt, texts, transcript_of

WORDS = ["This is the first line.", "And the second one.", "It goes on.", "And on.", "And it ends."]


@pytest.mark.parametrize(
    "credit",
    [
        "Subtitles by John Doe",
        "Transcribed by https://otter.ai",
        "Sync & corrections by honeybunny\nwww.addic7ed.com",
        "Support us and become VIP member\nto remove all ads from www.OpenSubtitles.org",
        "-== [ www.OpenSubtitles.org ] ==-",
        "Subtitles by the Amara.org community",
        "Untertitel von Anna Schmidt",
        "Untertitelung im Auftrag des ZDF, 2020",
        "Sous-titres : Jean Dupont",
        "Traducción y subtítulos por Juan",
        "Napisy: Jan Kowalski",
        "Субтитры и перевод: Иван",
        "翻译：王",
    ],
)
@pytest.mark.parametrize("at", [0, 5])
def test_credits_are_left_out_and_said(credit, at):
    bodies = [*WORDS[:at], credit, *WORDS[at:]]
    read = transcript_of(srt(*bodies), ".srt", "given")
    heard = " ".join(u.text for u in read.transcript.utterances)
    assert heard.replace("Support us and become VIP member", "").strip() == " ".join(WORDS)
    assert "about the file itself" in read.warnings[0]


@pytest.mark.parametrize(
    "line",
    [
        "The subtitles were made by my sister, who lives in the mountains now.",
        "Translation is hard.",
        "I was synced by mistake",
        "He by the door",
        "Captions!",
        "Go to rev dot com.",
    ],
)
def test_speech_stays(line):
    assert texts(srt(line, *WORDS), ".srt") == [line, *WORDS]


def test_only_near_the_ends_where_no_site_is_named():
    bodies = [*WORDS, "Subtitles by John Doe", *WORDS]
    assert len(texts(srt(*bodies), ".srt")) == 11
    bodies[5] = "www.opensubtitles.org"
    assert len(texts(srt(*bodies), ".srt")) == 10


def test_lines_of_a_cue_and_words_with_times():
    footer = SpokenCue(0, 900, "It ends.\nTranscribed by https://otter.ai")
    assert without_credits([footer])[0][0].text == "It ends."
    timed = [TimedWord(word, n, n + 1) for n, word in enumerate(["Subtitles", "by", "John"])]
    cues = (SpokenCue(0, 900, "One."), SpokenCue(1000, 1900, "", words=tuple(timed)))
    assert without_credits(cues)[0] == cues[:1]
    assert without_credits(cues[1:]) == (cues[1:], ())  # nothing else in it
