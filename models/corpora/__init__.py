# SPDX-License-Identifier: Apache-2.0
"""Sound with labels: one reader for each publisher's layout, and speech that is synthesised. docs/data.md."""

from .cache import features, fingerprints
from .corpus import TASKS, Corpus, Segment, Utterance
from .reading import read

__all__ = ["TASKS", "Corpus", "Segment", "Utterance", "features", "fingerprints", "read"]
