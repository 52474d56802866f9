# SPDX-License-Identifier: Apache-2.0
"""Google Speech Commands: a folder of one-second recordings for each word."""

import csv
from pathlib import Path

from .corpus import KEYWORDS, Corpus, Utterance, share
from .sounds import Recording

COLUMNS = ("path", "label", "word", "speaker", "split")
DEV_SHARE = 0.1


def read_index(folder: Path) -> Corpus:
    """A selection described by its index.csv: columns COLUMNS, split "train" or "dev", speakers disjoint.

    Its `dev` is test here; a tenth of the speakers of its `train` is dev.
    """
    index = folder / "index.csv"
    utterances = []
    with index.open(newline="", encoding="utf-8") as stream:
        rows = csv.DictReader(stream)
        if tuple(rows.fieldnames or ()) != COLUMNS:
            raise ValueError(f"{index}: columns {','.join(rows.fieldnames or ())}, want {','.join(COLUMNS)}")
        for row in rows:
            split = "test" if row["split"] == "dev" else "train"
            if split == "train" and share(f"speech commands/{row['speaker']}") < DEV_SHARE:
                split = "dev"
            path = Path(row["path"])
            utterances.append(
                Utterance(
                    str(path.with_suffix("")), row["label"], row["speaker"], split, Recording(folder / path)
                )
            )
    return Corpus(
        task="keywords",
        name="Google Speech Commands v0.02",
        licence="CC BY 4.0",
        labels=KEYWORDS,
        utterances=tuple(utterances),
        about="a selection: the split dev of index.csv is test, a tenth of the speakers of its train is dev; "
        "every file is of the official test set, so not comparable with published scores",
    )
