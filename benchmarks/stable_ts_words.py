"""Words and their starts by stable-ts, for benchmarks/words.py: reads jobs, writes what was heard.

    PYTHON benchmarks/stable_ts_words.py WHISPER COMPUTE_TYPE < jobs.json > words.json

PYTHON is an environment of its own that has stable-ts and faster-whisper; this file imports
nothing of Sentigram. A job is {"samples": FILE.npy, "text": TEXT or null, "language": CODE or
null}; of each comes a list of [word, start in ms].
"""

from __future__ import annotations

import json
import sys
import types

import numpy as np

sys.modules.setdefault(
    "torchaudio", types.ModuleType("torchaudio")
)  # it resamples; nothing here does


def main() -> None:
    """Read jobs, write words."""
    import stable_whisper  # in an environment of its own

    model = stable_whisper.load_faster_whisper(sys.argv[1], compute_type=sys.argv[2], device="cpu")
    out = []
    for job in json.load(sys.stdin):
        samples = np.load(job["samples"])
        if job["text"] is None:
            done = model.transcribe(samples, language=job["language"], verbose=None)
        else:
            done = model.align(samples, job["text"], language=job["language"], verbose=None)
        words = [] if done is None else done.all_words()
        out.append([[word.word.strip(), round(1000 * word.start)] for word in words])
    json.dump(out, sys.stdout)


if __name__ == "__main__":
    main()
