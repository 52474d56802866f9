# SPDX-License-Identifier: Apache-2.0
# What `make waves` runs in GTKWave: show the marker. A save file cannot do it at the end of a run, as
# GTKWave passes over a window that would reach beyond the last change.
set at [gtkwave::getMarker]
if {$at >= 0} { gtkwave::setWindowStartTime [expr {$at - 40}] }
