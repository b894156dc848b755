"""Stands in for Azure's command: writes down what it is asked, and answers as Azure would.

What there is already lies in the folder of its state, as files named after it.
"""

import json
import os
import sys
from pathlib import Path

ANSWERS = {
    ("account", "show"): "11111111-2222-3333-4444-555555555555",
    ("acr", "repository", "show"): "sha256:" + "ab" * 32,
    ("acr", "show"): "/registries/one",
    ("containerapp", "env", "show"): "/environments/one",
    ("storage", "account", "keys", "list"): "KEY-OF-THE-STORAGE",
    ("storage", "queue", "generate-sas"): "sig=SIGNATURE&sp=pr",
}


def main(argv: list[str]) -> None:
    """Answer one command."""
    state = Path(os.environ["AZ_STATE"])
    words = tuple(word for word in argv[: _n_words(argv)])
    entry = {"argv": argv, "files": _files(argv), "key": os.environ.get("AZURE_STORAGE_KEY", "")}
    with (state / "asked.jsonl").open("a") as asked:
        asked.write(json.dumps(entry) + "\n")
    sys.stdout.write(_answer(words, argv, state))


def _answer(words: tuple[str, ...], argv: list[str], state: Path) -> str:
    group, app = state / "group", state / "app"
    match words:
        case ("group", "exists"):
            return "true" if group.exists() else "false"
        case ("group", "show"):
            return group.read_text()
        case ("group", "create"):
            group.write_text(argv[argv.index("--tags") + 1].removeprefix("made-by="))
        case ("containerapp", "create"):
            app.write_text(_files(argv)["--yaml"])
        case ("containerapp", "secret", "show"):
            return "TOKEN-THAT-IS-THERE" if app.exists() else sys.exit(3)
        case ("identity", "show"):
            return "principal" if "principalId" in argv else "/identities/one"
        case ("containerapp", "env", "show") if "properties.defaultDomain" in argv:
            return "wild.example.io"
    return ANSWERS.get(words, "")


def _n_words(argv: list[str]) -> int:
    return next((i for i, word in enumerate(argv) if word.startswith("-")), len(argv))


def _files(argv: list[str]) -> dict[str, str]:
    return {"--yaml": Path(argv[argv.index("--yaml") + 1]).read_text()} if "--yaml" in argv else {}


if __name__ == "__main__":
    main(sys.argv[1:])
