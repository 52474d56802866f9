# SPDX-License-Identifier: Apache-2.0
"""`make demo`: speech through the RTL, and one page that shows what happened inside."""
