"""Runs looked into: what is drawn is told in words, and is of examples never trained on."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from markdown_it import MarkdownIt
from PIL import Image

from sentigram.cli.app import main
from sentigram.errors import InputError, UsageError
from sentigram.training.fit.batches import collate
from sentigram.training.inside.explain import explain
from sentigram.training.inside.heatmaps import Axis, Heatmap
from sentigram.training.inside.page import (
    Grid,
    Heading,
    Paragraph,
    Picture,
    as_html,
    as_markdown,
)
from sentigram.training.inside.pictures import heatmap
from sentigram.training.inside.trained import draw, open_run, trained_folds
from sentigram.training.report.plots import save_png
from tests.training import garbage
from tests.training.inside import runs


@pytest.fixture(autouse=True, scope="module")
def _little_garbage() -> None:
    garbage.set_aside()


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("looks")
    runs.corpus(folder)
    runs.corpus(folder, name="other")
    return folder


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.pictures: list[tuple[str, str]] = []
        self.headings: list[str] = []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "img":
            self.pictures.append((given["src"], given["alt"]))
        if re.fullmatch(r"h\d", tag):
            self.headings.append(tag)


DRAWN = {
    # of each example: its Grad-CAMs (one or two: guess and truth), or its attention layers
    "resnet18": ("cam", 1, 2),
    "cnn-bilstm": ("cam", 1, 2),
    "vggish": ("cam", 1, 2),
    "early-fusion": ("cam", 1, 2),
    "vggish-bert": ("cam", 1, 2),
    "audio-transformer": ("encoder-layers", 2, 2),
    "patch-cross": ("example", 3, 3),
    "trimodal": ("attention", 1, 1),
    "fusion": ("layers-0", 2, 2),
    "bert": ("word-pieces", 1, 1),
}


SLOW = {"cnn-bilstm", "vggish", "vggish-bert", "early-fusion", "trimodal"}  # drawn as others are


@pytest.mark.parametrize(
    "family", [pytest.param(f, marks=[pytest.mark.slow] if f in SLOW else []) for f in DRAWN]
)
def test_each_family_is_drawn_and_told(made: Path, tmp_path: Path, family: str):
    bench, run = runs.trained(made, family)
    found = explain(run, tmp_path / "out", n_examples=3)
    part, least, most = DRAWN[family]
    assert found.examples == draw(bench, 3)
    classes = dict(zip(bench.table.ids, bench.table.labels.tolist(), strict=True))
    assert len({classes[name] for name in found.examples}) == 3
    page = _Page()
    page.feed((tmp_path / "out/explain.html").read_text())
    markdown = (tmp_path / "out/explain.md").read_text()
    assert page.headings[0] == "h1"
    for number, name in enumerate(found.examples, start=1):
        own = [src for src, _ in page.pictures if src.startswith(f"example-{number}-")]
        assert least <= len(own) <= most
        assert all(part in src for src in own)
        assert name in markdown.replace("\\", "")
    for src, alternative in page.pictures:
        assert len(alternative) > 60
        assert f"]({src})" in markdown
        with Image.open(tmp_path / "out" / src) as picture:
            assert np.std(np.asarray(picture.convert("L"))) > 5
    assert len(page.pictures) == len(found.files) - 2
    assert bool(found.gates) == (family == "fusion")


def test_probabilities_are_those_of_the_cards_temperature(made: Path, tmp_path: Path):
    _, trained = runs.trained(made, "bert")
    run = tmp_path / "run"
    shutil.copytree(trained, run)
    for path in run.glob("parts/bert/*/*/network.card.json"):
        card = json.loads(path.read_text()) | {"calibration": {"temperature": 1e6}}
        path.write_text(json.dumps(card))
    explain(run, tmp_path / "out", n_examples=1)
    text = (tmp_path / "out/explain.md").read_text()
    assert re.search(r"\(\w+ 0\.33, \w+ 0\.33, \w+ 0\.33\), tested in fold-", text), text


def test_words_bring_no_formulas_links_or_html(tmp_path: Path):
    """A transcript may hold anything; a word is a tick of a picture, too."""
    evil = r"costs $\foo$ $5-$6 ![x](http://x/y.png) [b](javascript:c) <img src=x> \<script>"
    parts = [Heading(evil), Paragraph(evil), Picture("a.png", evil, evil), Grid(evil, (evil,), ())]
    for html in (MarkdownIt("commonmark").render(as_markdown(evil, parts)), as_html(evil, parts)):
        page = _Page()
        page.feed(html)
        assert [src for src, _ in page.pictures] == ["a.png"]
        assert not re.search(r"<(a|script)\b", html)
    names = tuple(evil.split())
    n = len(names)
    words = Axis("words", names, np.eye(n), is_time=False)
    save_png(heatmap(Heatmap("a", "b", np.eye(n), words, words, 0.0)), tmp_path / "heatmap")


def test_gates_are_the_means_of_what_the_networks_say(made: Path, tmp_path: Path):
    softmax = {"gate": "softmax"}
    bench, run = runs.trained(made, "fusion", "made", "other", name="gated", model=softmax)
    found = explain(run, tmp_path, n_examples=0)
    slow: dict[tuple[str, str], list[np.ndarray]] = {}
    for part in trained_folds(bench, run, "vga"):
        for row in part.test.rows.tolist():
            gates = part.network(collate(part.test.table, [row]).inputs).gates[0].detach().numpy()
            emotion = bench.table.classes[bench.table.labels[row]]
            corpus = bench.table.corpora[row]
            for key in {("", ""), ("", emotion), (corpus, ""), (corpus, emotion)}:
                slow.setdefault(key, []).append(gates)
    assert {(row.corpus, row.emotion) for row in found.gates} == set(slow)
    for row in found.gates:
        own = slow[row.corpus, row.emotion]
        assert row.n == len(own)
        np.testing.assert_allclose(row.means, np.mean(own, axis=0), atol=1e-5)
        np.testing.assert_allclose(row.deviations, np.std(own, axis=0), atol=1e-5)
        assert sum(row.means) == pytest.approx(1, abs=1e-5)
    text = (tmp_path / "explain.md").read_text()
    assert "Gates are no contributions" in text
    for title in ("interaction gate", "Shapley", "lost without it", "mean gate"):
        assert title in text
    shown = {line.split("|")[1].strip() for line in text.splitlines() if line.startswith("|")}
    assert {"made, anger", "other", "all", "text", "audio"} <= shown


def test_every_example_is_read_by_a_network_that_never_saw_it(made: Path):
    bench, run = runs.trained(made, "fusion")
    tested: list[str] = []
    for part, fold in zip(trained_folds(bench, run, "vga"), bench.plan.folds, strict=True):
        ids = {part.test.table.ids[row] for row in part.test.rows}
        assert part.fold == fold.name
        assert not ids & {*fold.train, *fold.validation}
        tested += ids
    assert sorted(tested) == sorted(bench.table.ids)


def test_what_was_changed_since_is_refused(made: Path, tmp_path: Path):
    _, run = runs.trained(made, "resnet18")
    copy = tmp_path / "copy"
    shutil.copytree(run, copy)
    one, two = sorted((copy / "parts/resnet18/run-0").iterdir())
    for name in ("network.safetensors", "network.card.json"):
        (one / name).write_bytes((two / name).read_bytes())
    with pytest.raises(InputError, match="says something else than when it was tested"):
        explain(copy, tmp_path / "out")
    shutil.rmtree(one)
    with pytest.raises(InputError, match="no network of this fold"):
        explain(copy, tmp_path / "out")
    (tmp_path / "third").mkdir()
    with pytest.raises(InputError, match="not the folder of a run"):
        open_run(tmp_path / "third")


def test_a_network_with_nothing_to_show_says_which_have(made: Path, tmp_path: Path):
    _, run = runs.trained(made, "fusion", name="plain", baselines=["concat"])
    with pytest.raises(UsageError, match=r"concat has no convolutions.*--system may also be vga"):
        explain(run, tmp_path / "out", system="concat")
    assert not (tmp_path / "out").exists()
    with pytest.raises(UsageError, match=r"--system nothing.*networks of: vga, concat"):
        explain(run, tmp_path / "out", system="nothing")


def test_a_vector_of_a_sentence_has_nothing_to_show(made: Path, tmp_path: Path):
    _, run = runs.trained(made, "text-mlp", name="sentences")
    message = "text-mlp has no convolutions over a spectrogram, no attention between tokens or word"
    with pytest.raises(UsageError, match=message):
        explain(run, tmp_path / "out")


@pytest.mark.slow
def test_each_of_several_runs_is_looked_into(made: Path, capfd: pytest.CaptureFixture[str]):
    bench, run = runs.trained(
        made, "cnn-bilstm", name="seeds",
        training={"epochs": 1, "batch_size": 16, "learning_rate": 0.01, "runs": 2},
    )  # fmt: skip
    networks = [next(trained_folds(bench, run, "cnn-bilstm", run=n)).network for n in (1, 2)]
    weights = [network.state_dict()["convs.0.weight"] for network in networks]
    assert not weights[0].equal(weights[1])
    assert main(["explain", str(run), "--examples", "1"]) == 0
    told = capfd.readouterr()
    assert "run 1 of 2; --run all looks into each" in told.err
    assert "run 1 of 2, its network of each of 2 folds" in Path(told.out.strip()).read_text()
    assert main(["explain", str(run), "--examples", "1", "--run", "all", "--json", "-q"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert [one["run"] for one in found] == [1, 2]
    pages = [Path(one["files"][0]) for one in found]
    assert [page.parent.name for page in pages] == ["run-1", "run-2"]
    assert "run 2 of 2" in pages[1].read_text()
    assert found[0]["examples"] == found[1]["examples"]
    for wrong in ("3", "0", "some"):
        assert main(["explain", str(run), "--run", wrong]) == 2
        assert f"--run {wrong}: cnn-bilstm has 2 in" in capfd.readouterr().err


def test_the_command(made: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    _, run = runs.trained(made, "audio-transformer")
    assert main(["explain", str(run), "--examples", "1", "--quiet"]) == 0
    page = Path(capfd.readouterr().out.strip())
    assert page == run / "explain/audio-transformer/explain.md"
    assert page.is_file()
    assert main(["explain", str(run), "--examples", "1", "--json", "--out", str(tmp_path)]) == 0
    said = json.loads(capfd.readouterr().out)
    assert all(Path(path).is_file() for path in said["files"])
    assert len(said["examples"]) == 1
    assert main(["explain", str(run), "--system", "vga"]) == 2
    assert "--system vga" in capfd.readouterr().err
