"""JSON, TOML and YAML of strangers: what they may cost."""

import tracemalloc

import pytest

from sentigram.core.document import loads
from sentigram.data_files import DEEPEST, json_of, read_json, read_toml, read_yaml, yaml_of
from sentigram.errors import DocumentError, InputError, ThemeError
from sentigram.reading import DOCUMENT, EXPERIMENT, RECOGNIZED, SETTINGS, THEME
from sentigram.style.theme.theme import load

HOSTILE_TOML = {
    "dotted keys": (".".join("a" * 20_000) + " = 1", "line 1: goes deeper"),
    "quoted dotted keys": (".".join(['"a"'] * 200) + " = 1", "line 1: goes deeper"),
    "a dotted table": ("x = 1\n[" + ".".join("a" * 200) + "]", "line 2: goes deeper"),
    "lists in lists": ("a = " + "[" * 5000, "line 1: goes deeper"),
    "tables in tables": ("\n\na = " + "{b=" * 5000, "line 3: goes deeper"),
    "a huge number": ("confidence_floor = " + "9" * 5000, "line 1: a number of 5,000 characters"),
    "a huge number in hex": ("a = 0x" + "f" * 5000, "line 1: a number of 5,002 characters"),
    "values by the thousand": ("a = [" + "0," * 30_000 + "]", "30,003 values"),
}


@pytest.mark.parametrize("name", HOSTILE_TOML)
def test_hostile_toml_is_refused_with_its_place_and_little_memory(tmp_path, name):
    text, says = HOSTILE_TOML[name]
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ThemeError, match=f"x.toml: .*{says}"):
        load(file=path)
    tracemalloc.start()
    try:
        with pytest.raises(ThemeError):
            read_toml(path, THEME)
        assert tracemalloc.get_traced_memory()[1] < 10 * len(text) + 500_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "text",
    [
        'a = "' + "." * 200 + "[" * 200 + '"',
        "a = '" + "[" * 200 + "9" * 200 + "'",
        'a = """\n' + ("." * 200 + '"' + "[" * 200 + "\n") * 3 + '"""',
        "a = '''\n" + "{" * 200 + "'''",
        "# " + "[.{" * 200 + "\na = 1",
        "a = [" + "1.5, " * 200 + "]\nb.c.d = 1979-05-27T07:32:00.999999Z",
    ],
)
def test_text_and_comments_may_hold_anything(tmp_path, text):
    path = tmp_path / "x.toml"
    path.write_text(text, encoding="utf-8")
    assert "a" in read_toml(path, SETTINGS)


@pytest.mark.parametrize("unit", ['"', "'", '"""', "'''", "a.", "[", "{", "=", "\\", '"\\'])
def test_no_toml_makes_it_slow(tmp_path, unit):
    """Counted work would need a hook into `re`; that it ends at the limit of size is the test."""
    path = tmp_path / "x.toml"
    path.write_text(unit * (THEME.largest_bytes // len(unit)), encoding="utf-8")
    with pytest.raises((ValueError, ThemeError)):
        read_toml(path, THEME)


HOSTILE_YAML = {
    "lists in lists": ("[" * 20_000, "line 1: goes deeper"),
    "lists below each other": ("- " * 20_000, "line 1: goes deeper"),
    "parts that stand for others": ("a: &x [1]\nb: [*x, *x]", r"line 2: `\*x` stands for"),
    "a huge number": ("a: 1\nb: " + "1" * 5000, "line 2: a number of 5,000 characters"),
    "values by the thousand": ("[" + "0," * 30_000 + "]", "values or so"),
}


@pytest.mark.parametrize("name", HOSTILE_YAML)
def test_hostile_yaml_is_refused_with_its_place(tmp_path, name):
    text, says = HOSTILE_YAML[name]
    path = tmp_path / "x.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"x.yaml: .*{says}"):
        read_yaml(path, EXPERIMENT)


def test_yaml_that_is_none_is_a_value_error():
    with pytest.raises(ValueError, match="mapping values"):
        yaml_of("a: b: c", EXPERIMENT, "x")
    assert yaml_of(f"a: {'[' * DEEPEST}"[:-1] + "]" * (DEEPEST - 1), EXPERIMENT, "x")


def test_a_document_of_numbers_costs_no_memory():
    """A tenth of the size is enough: it is refused for the number of its values."""
    text = '{"schema": "sentigram/1", "x": [' + "0," * 5_500_000 + "0]}"
    tracemalloc.start()
    try:
        with pytest.raises(DocumentError, match=r"5,500,00\d values or so, where 5,000,000 are"):
            loads(text)
        assert tracemalloc.get_traced_memory()[1] < len(text)
    finally:
        tracemalloc.stop()


def test_a_document_of_three_hours_is_far_below_the_limits():
    word = (
        '{"text": "word", "start_ms": 10000000, "end_ms": 10000300, "confidence": 0.98, '
        '"source": "recognized", "timing": "aligned", "emotion": {"label": "neutral", "probs": '
        '[0.9, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01], "intensity": 0.1, "vad": [0.1, 0.2, 0.3]}},'
    )
    n_words = 3 * 60 * 150
    assert 3 * n_words * len(word) < DOCUMENT.largest_bytes
    assert (
        5 * n_words * (word.count(",") + word.count("[") + word.count("{")) < DOCUMENT.most_values
    )


def test_json_that_goes_deep_or_has_huge_numbers_is_refused(tmp_path):
    with pytest.raises(DocumentError, match="x: not a Sentigram Document: its lists and tables"):
        json_of("[" * 100_000, DOCUMENT, "x")
    with pytest.raises(ValueError, match="digits"):
        json_of("1" * 5000, DOCUMENT, "x")
    path = tmp_path / "a.json"
    path.write_text('{"a": NaN}', encoding="utf-8")
    assert list(read_json(path, RECOGNIZED)) == ["a"]  # Whisper writes it
    with pytest.raises(ValueError, match="NaN is not a JSON number"):
        json_of('{"a": NaN}', DOCUMENT, "x", is_strict=True)
