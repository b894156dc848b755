from sentigram.core.counted import counted


def test_nouns_and_verbs_agree_with_their_number():
    assert [counted(n, "clip") for n in (0, 1, 2)] == ["0 clips", "1 clip", "2 clips"]
    assert counted(1, "pair is", "pairs are") == "1 pair is"
    assert counted(2, "pair is", "pairs are") == "2 pairs are"
