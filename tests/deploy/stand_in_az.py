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
    group = state / "group"
    if words == ("group", "exists"):
        print("true" if group.exists() else "false")
    elif words == ("group", "show"):
        print(group.read_text())
    elif words == ("group", "create"):
        group.write_text(argv[argv.index("--tags") + 1].removeprefix("made-by="))
    elif words == ("containerapp", "create"):
        (state / "app").write_text(entry["files"]["--yaml"])
    elif words == ("containerapp", "secret", "show"):
        if not (state / "app").exists():
            sys.exit(3)
        print("TOKEN-THAT-IS-THERE")
    elif "properties.defaultDomain" in argv:
        print("wild.example.io")
    elif "principalId" in argv:
        print("principal")
    elif words == ("identity", "show"):
        print("/identities/one")
    elif words in ANSWERS:
        print(ANSWERS[words])


def _n_words(argv: list[str]) -> int:
    return next((i for i, word in enumerate(argv) if word.startswith("-")), len(argv))


def _files(argv: list[str]) -> dict[str, str]:
    return {"--yaml": Path(argv[argv.index("--yaml") + 1]).read_text()} if "--yaml" in argv else {}


if __name__ == "__main__":
    main(sys.argv[1:])
