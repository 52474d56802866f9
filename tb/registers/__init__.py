# SPDX-License-Identifier: Apache-2.0
"""The register model: pyuvm's registers made of rtl/regs/mur_regs.rdl, both doors, and built-in tests."""
