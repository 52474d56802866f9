// SPDX-License-Identifier: Apache-2.0
// mur_dpi: see mur_dpi_pkg.sv for the side that SystemVerilog calls, mur_dpi.h for the other.

#include "mur_dpi.h"

#include <cstring>
#include <vector>

#include "Vtop__Dpi.h"
#include "svdpi.h"

namespace {

struct Source {
  std::vector<Beat> beats;
  size_t next = 0;
  bool spaced = false;
  uint64_t begun = 0;  // packets offered of this load
};

struct Stall {
  uint32_t seed = 1, rate = 0, burst = 1;
};

Source sources[2];
Stall stalls[kStreams];
std::vector<Access> accesses;
size_t next_access = 0;
uint64_t packets_expected = 0, packets_left = 0, packets_ended = 0, last_ended = 0;

svScope backdoor = nullptr;

std::vector<Response> responses;
std::vector<ResultBeat> results;
std::vector<Commit> commits;
std::vector<Start> starts;
std::vector<Done> dones;

// What the design took from the image and frame streams.
struct Taken {
  std::vector<Beat> beats;
  std::vector<Packet> packets;
  uint64_t first_cycle = 0;  // of the packet under way
};
Taken taken[2];

template <typename T>
const void* give(const std::vector<T>& records, size_t* count, size_t* size) {
  *count = records.size();
  *size = sizeof(T);
  return records.data();
}

}  // namespace

extern "C" {

void mur_load_beats(int stream, const Beat* beats, size_t count, int spaced) {
  Source& source = sources[stream];
  source.beats.assign(beats, beats + count);
  source.next = 0;
  source.spaced = spaced != 0;
  source.begun = 0;
  packets_ended = 0;
}

void mur_load_accesses(const Access* list, size_t count) {
  accesses.assign(list, list + count);
  next_access = 0;
}

void mur_set_stall(int stream, uint32_t seed, uint32_t rate, uint32_t burst) {
  stalls[stream] = {seed ? seed : 1, rate, burst ? burst : 1};
}

void mur_expect_packets(uint64_t count) {
  packets_expected = count;
  packets_left = 0;
}

const void* mur_records(int buffer, size_t* count, size_t* size) {
  switch (buffer) {
    case kAccesses: return give(responses, count, size);
    case kResults: return give(results, count, size);
    case kCommits: return give(commits, count, size);
    case kStarts: return give(starts, count, size);
    case kDones: return give(dones, count, size);
    case kPackets: return give(taken[kFrame].packets, count, size);
    case kFrameBeats: return give(taken[kFrame].beats, count, size);
    case kImageBeats: return give(taken[kImage].beats, count, size);
    default: *count = *size = 0; return nullptr;
  }
}

void mur_clear(void) {
  results.clear();
  commits.clear();
  starts.clear();
  dones.clear();
  for (Taken& one : taken) {
    one.beats.clear();
    one.packets.clear();
  }
}

uint64_t mur_fold_results(uint64_t hash) {
  const auto fold = [&hash](uint64_t value) { hash = (hash ^ value) * 0x9E3779B97F4A7C15u ^ hash >> 29; };
  for (const ResultBeat& beat : results) {
    fold(beat.user);
    fold(beat.keep);
    fold(beat.last);
    for (uint32_t word : beat.data) fold(word);
  }
  return hash;
}

void mur_peek(uint32_t* words) {
  svSetScope(backdoor);
  mur_storage(words);
}

// ---- called from SystemVerilog -------------------------------------------------------------------

int mur_source_next(int stream, unsigned long long cycle, svBitVecVal* data, svBit* last, svBit* mark) {
  Source& source = sources[stream];
  if (source.next == source.beats.size()) return 0;
  const bool begins = source.next == 0 || source.beats[source.next - 1].last;
  if (begins) {
    // A packet that ends in this very cycle counts from the next one on: the order of processes within a clock
    // edge is the simulator's.
    const uint64_t ended = packets_ended - (packets_ended && last_ended == cycle);
    if (source.spaced && ended < source.begun) return 2;
    ++source.begun;
  }
  const Beat& beat = source.beats[source.next++];
  std::memcpy(data, &beat.data, sizeof beat.data);
  *last = beat.last != 0;
  *mark = beat.mark != 0;
  return 1;
}

void mur_beat_taken(int stream, unsigned long long cycle, svBit first, const svBitVecVal* data, svBit last,
                    svBit mark) {
  Taken& one = taken[stream];
  if (first) one.first_cycle = cycle;
  one.beats.push_back({0, last, mark});
  std::memcpy(&one.beats.back().data, data, sizeof one.beats.back().data);
  if (last) one.packets.push_back({one.first_cycle, cycle});
}

void mur_stall_config(int stream, unsigned int* seed, unsigned int* rate, unsigned int* burst) {
  *seed = stalls[stream].seed;
  *rate = stalls[stream].rate;
  *burst = stalls[stream].burst;
}

int mur_access_next(svBit* write, unsigned int* address, unsigned int* data, unsigned int* strobe) {
  if (next_access == accesses.size()) return 0;
  const Access& access = accesses[next_access++];
  *write = access.write != 0;
  *address = access.address;
  *data = access.data;
  *strobe = access.strobe;
  return 1;
}

void mur_access_done(svBit write, unsigned int address, unsigned int written, unsigned int strobe,
                     unsigned int data, unsigned int response, unsigned long long cycle) {
  responses.push_back({data, response, cycle, {write, address, written, strobe}});
}

int mur_result_beat(unsigned long long cycle, const svBitVecVal* user, const svBitVecVal* keep,
                    const svBitVecVal* data, svBit last) {
  results.emplace_back();
  ResultBeat& beat = results.back();
  beat.cycle = cycle;
  std::memcpy(&beat.user, user, sizeof beat.user);
  std::memcpy(&beat.keep, keep, sizeof beat.keep);
  beat.last = last;
  beat.reserved = 0;
  std::memcpy(beat.data, data, sizeof beat.data);
  if (!last) return 0;
  ++packets_ended;
  last_ended = cycle;
  return ++packets_left == packets_expected;
}

void mur_commit(unsigned long long cycle, const svBitVecVal* site, const svBitVecVal* spikes,
                const svBitVecVal* membranes, const svBitVecVal* events) {
  commits.emplace_back();
  Commit& commit = commits.back();
  commit.cycle = cycle;
  std::memcpy(&commit.site, site, sizeof commit.site);
  commit.spikes = spikes[0];
  commit.reserved = 0;
  std::memcpy(commit.membranes, membranes, sizeof commit.membranes);
  std::memcpy(commit.events, events, sizeof commit.events);
}

void mur_frame_start(unsigned long long cycle, unsigned int frame) { starts.push_back({cycle, frame}); }

void mur_frame_done(unsigned long long cycle, unsigned int frames, const svBitVecVal* ledger) {
  dones.emplace_back();
  Done& done = dones.back();
  done.cycle = cycle;
  done.frames = frames;
  std::memcpy(done.ledger, ledger, sizeof done.ledger);
}

void mur_backdoor_here() { backdoor = svGetScope(); }

}  // extern "C"
