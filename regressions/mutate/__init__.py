# SPDX-License-Identifier: Apache-2.0
"""Planted bugs: `make mutate` puts each bug of mutants.toml into the RTL and wants some test to go red.

``listed`` reads the list, ``plant`` writes sources that hold all bugs at once, of which ``+mutant=N`` chooses
one, ``trial`` runs one bug against the kill list, ``table`` counts, ``command`` is what make calls.
"""
