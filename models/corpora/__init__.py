# SPDX-License-Identifier: Apache-2.0
"""Sound with labels: one reader for each publisher's layout, and speech that is synthesised. docs/data.md."""

from .cache import features, fingerprints
from .corpus import TASKS, Corpus, Segment, Utterance, frame_labels
from .phones import SIL
from .reading import SPOKEN, read
from .sounds import fingerprint
from .speech import spoken

__all__ = [
    "SIL", "SPOKEN", "TASKS", "Corpus", "Segment", "Utterance", "features", "fingerprint", "fingerprints",
    "frame_labels", "read", "spoken",
]  # fmt: skip
