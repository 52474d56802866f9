# SPDX-License-Identifier: Apache-2.0
"""A network trained elsewhere, read from a NIR graph and made into a `Network` of this machine: docs/nir.md.

read.py reads the file, walk.py makes a chain of layers of the graph, fit.py the integers of each layer,
float_chain.py runs the chain in floating point as the graph means it, convert.py puts all together.
"""

from models.nir_import.convert import Options, Report, import_graph

__all__ = ["Options", "Report", "import_graph"]
