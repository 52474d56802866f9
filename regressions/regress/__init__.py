# SPDX-License-Identifier: Apache-2.0
"""Many runs at once: lists of tests (``lists``), each run in a process of its own (``work``), sent by any
``concurrent.futures`` executor (``executors``), gathered (``regression``) into one report (``report``).
"""
