// SPDX-License-Identifier: Apache-2.0
// bare_main: the harness without Python, VPI and timing: how fast this design can be simulated on this machine.
//
//     bare TAPE [REPEATS]
//
// A tape (tb/bfm.py) is a list of {kind, count} (64 bits each) and `count` records: kind 0 register accesses, 1 image
// beats, 2 frame beats, 3 frame beats spaced. Frames are replayed REPEATS times. Prints one line of JSON: cycles and
// processor time of the frames, what left, and the signature of the first replay's results, which must be that of the taped run.

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <vector>

#include "Vtop.h"
#include "mur_dpi.h"
#include "verilated.h"

namespace {

constexpr uint64_t kLimit = 200'000'000;  // cycles of one step; beyond it the design hangs

std::unique_ptr<VerilatedContext> context;
std::unique_ptr<Vtop> top;
uint64_t cycles = 0;

void tick() {
  top->clk = 1;
  top->eval();
  top->clk = 0;
  top->eval();
  ++cycles;
}

// Flip `go` and run until `done` flips.
void run(CData& go, const CData& done, const char* what) {
  const CData before = done;
  const uint64_t limit = cycles + kLimit;
  go ^= 1;
  while (done == before) {
    tick();
    if (cycles > limit) {
      std::fprintf(stderr, "%s: not done after %" PRIu64 " cycles\n", what, kLimit);
      std::exit(1);
    }
  }
}

uint64_t packets_of(const std::vector<Beat>& beats) {
  uint64_t count = 0;
  for (const Beat& beat : beats) count += beat.last;
  return count;
}

template <typename T>
std::vector<T> read(std::FILE* tape, uint64_t count) {
  std::vector<T> records(count);
  if (std::fread(records.data(), sizeof(T), count, tape) != count) {
    std::fprintf(stderr, "the tape ends early\n");
    std::exit(1);
  }
  return records;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s TAPE [REPEATS]\n", argv[0]);
    return 2;
  }
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 1;
  std::FILE* tape = std::fopen(argv[1], "rb");
  if (!tape) {
    std::perror(argv[1]);
    return 1;
  }
  context = std::make_unique<VerilatedContext>();
  context->commandArgs(argc, argv);
  top = std::make_unique<Vtop>(context.get());
  top->clk = 0;
  top->go_rst = top->go_reg = top->go_img = top->go_frm = 0;
  top->eval();
  run(top->go_rst, top->done_rst, "reset");

  double cpu = 0;
  uint64_t streamed = 0, frames = 0, commits = 0, signature = 0, head[2];
  while (std::fread(head, sizeof head, 1, tape) == 1) {
    const auto [kind, count] = head;
    if (kind == 0) {
      const auto accesses = read<Access>(tape, count);
      mur_load_accesses(accesses.data(), count);
      run(top->go_reg, top->done_reg, "registers");
      continue;
    }
    const auto beats = read<Beat>(tape, count);
    if (kind == 1) {
      mur_load_beats(kImage, beats.data(), count, 0);
      run(top->go_img, top->done_img, "images");
      continue;
    }
    for (int i = 0; i < repeats; ++i) {
      mur_clear();
      const uint64_t before = cycles, packets = packets_of(beats);
      const std::clock_t start = std::clock();
      mur_load_beats(kFrame, beats.data(), count, kind == 3);
      mur_expect_packets(packets);
      run(top->go_frm, top->done_frm, "frames");
      cpu += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
      streamed += cycles - before;
      frames += packets;
      size_t records, size;
      mur_records(kCommits, &records, &size);
      commits += records;
      if (i == 0) signature = mur_fold_results(signature);
    }
  }
  std::fclose(tape);
  top->final();
  std::printf("{\"cycles\": %" PRIu64 ", \"cpu_s\": %.6f, \"frames\": %" PRIu64 ", \"commits\": %" PRIu64
              ", \"signature\": \"%016" PRIx64 "\"}\n",
              streamed, cpu, frames, commits, signature);
  return frames && commits ? 0 : 1;
}
