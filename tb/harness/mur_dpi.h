// SPDX-License-Identifier: Apache-2.0
// mur_dpi.h: the plain memory between the harness and whoever drives it: Python (tb/bfm.py, through ctypes) or
// bare_main.cpp. Layouts are read by NumPy: no implicit padding anywhere.

#ifndef MUR_DPI_H
#define MUR_DPI_H

#include <cstddef>
#include <cstdint>

enum Stream { kImage = 0, kFrame = 1, kResult = 2, kAxil = 3, kStreams = 4 };
enum Buffer {
  kAccesses = 0, kResults = 1, kCommits = 2, kStarts = 3, kDones = 4, kPackets = 5, kFrameBeats = 6, kImageBeats = 7
};

struct Beat {
  uint64_t data;
  uint32_t last;
  uint32_t mark;
};

struct Access {
  uint32_t write, address, data, strobe;
};

struct Response {
  uint32_t data, response;  // data: of a read
  uint64_t cycle;           // in which the slave had taken address and data
  Access access;            // as it was on the pins
};

struct ResultBeat {
  uint64_t cycle, user, keep;
  uint32_t last, reserved;
  uint32_t data[16];
};

struct Commit {
  uint64_t cycle;
  uint64_t site;  // {frame[31:0], pc[15:0], chunk[7:0], step[7:0]}
  uint32_t spikes;
  uint32_t reserved;
  int16_t membranes[16];
  uint32_t events[2][3];
};

struct Start {
  uint64_t cycle;
  uint64_t frame;
};

struct Done {
  uint64_t cycle;
  uint64_t frames;
  uint32_t ledger[24];  // 16 counters of 48 bits, RESULTS lowest
};

struct Packet {
  uint64_t first_cycle, last_cycle;
};

extern "C" {
// Replace a source's beats. `spaced` frames wait until every earlier frame's END beat has left.
void mur_load_beats(int stream, const Beat* beats, size_t count, int spaced);
void mur_load_accesses(const Access* accesses, size_t count);
void mur_set_stall(int stream, uint32_t seed, uint32_t rate, uint32_t burst);
// The batch is complete with its `packets`th END beat from now.
void mur_expect_packets(uint64_t packets);
// Records since the last mur_clear, responses of the whole run: address, number and size of one.
const void* mur_records(int buffer, size_t* count, size_t* size);
void mur_clear(void);
// What the registers hold now: 32 words, STORAGE of tb/records.py.
void mur_peek(uint32_t* words);
// `hash` with the result records since the last mur_clear folded in, cycles left out.
uint64_t mur_fold_results(uint64_t hash);
}

#endif
