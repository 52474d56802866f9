# SPDX-License-Identifier: Apache-2.0
"""The tests of `make sim TEST=name`: one module, one class each; regressions/tests.toml lists them."""
