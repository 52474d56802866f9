// SPDX-License-Identifier: Apache-2.0
// example_sim: the C driver on the RTL. Verilator's model of example_soc stands in for the chip; a platform
// of one's own replaces the class Chip by bus accesses and DMA.
//
//     example_sim IMAGES FRAMES ELEMENTS
//
// IMAGES: packets, each a 64-bit count of beats and the beats; the last one is the program. FRAMES: 16-bit
// elements, ELEMENTS a frame, little end first. The program meets the errors that a driver must know,
// recovers, and prints results.

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "Vtop.h"
#include "mur_regs.h"
#include "murmur.h"
#include "verilated.h"

namespace {

constexpr int kPatience = 100'000;  // cycles that one access may take

class Chip {
 public:
  Chip() : context_(new VerilatedContext), top_(new Vtop(context_.get())) {
    top_->por_ni = 0;
    for (int i = 0; i < 4; i++) tick();
    top_->por_ni = 1;
    for (int i = 0; i < 4; i++) tick();
  }
  bool irq() const { return top_->irq_o; }

  static uint32_t read(void* self, uint32_t address) { return static_cast<Chip*>(self)->read(address); }
  static void write(void* self, uint32_t address, uint32_t value) {
    static_cast<Chip*>(self)->write(address, value);
  }
  static void send_image(void* self, const uint64_t* beats, size_t count) {
    auto& chip = *static_cast<Chip*>(self);
    for (size_t i = 0; i < count; i++) {
      chip.top_->img_tdata_i = beats[i];
      chip.top_->img_tlast_i = i + 1 == count;
      chip.handshake(chip.top_->img_tvalid_i, chip.top_->img_tready_o, "image beat");
    }
  }
  static void send_frame(void* self, const int16_t* elements, size_t count, int first) {
    auto& chip = *static_cast<Chip*>(self);
    for (size_t i = 0; i < count; i += 4) {
      uint64_t beat = 0;
      for (size_t k = 0; k < 4 && i + k < count; k++) {
        beat |= static_cast<uint64_t>(static_cast<uint16_t>(elements[i + k])) << (16 * k);
      }
      chip.top_->frm_tdata_i = beat;
      chip.top_->frm_tlast_i = i + 4 >= count;
      chip.top_->frm_first_i = first && i == 0;
      chip.handshake(chip.top_->frm_tvalid_i, chip.top_->frm_tready_o, "frame beat");
    }
  }
  static int receive(void* self, int32_t* words, unsigned* count, uint64_t* user) {
    auto& chip = *static_cast<Chip*>(self);
    int last = 0;
    chip.handshake(chip.top_->res_tready_i, chip.top_->res_tvalid_o, "result beat", [&] {
      *count = 0;
      for (unsigned i = 0; i < sizeof(chip.top_->res_tdata_o) / 4; i++) {
        if (chip.top_->res_tkeep_o >> (4 * i) & 1) words[(*count)++] = chip.top_->res_tdata_o[i];
      }
      *user = chip.top_->res_tuser_o;
      last = chip.top_->res_tlast_o;
    });
    return last;
  }

 private:
  void tick() {
    top_->clk_i = 0;
    top_->eval();
    top_->clk_i = 1;
    top_->eval();
  }
  // Raise `mine` until `theirs` is high at a clock edge; `seen` looks at what is there just before it.
  template <typename F>
  void handshake(CData& mine, const CData& theirs, const char* what, F seen) {
    mine = 1;
    for (int i = 0; i < kPatience; i++) {
      top_->clk_i = 0;
      top_->eval();
      const bool done = theirs;
      if (done) seen();
      top_->clk_i = 1;
      top_->eval();
      if (done) {
        mine = 0;
        return;
      }
    }
    std::fprintf(stderr, "error: %s: not taken after %d cycles\n", what, kPatience);
    std::exit(1);
  }
  void handshake(CData& mine, const CData& theirs, const char* what) {
    handshake(mine, theirs, what, [] {});
  }
  void response(unsigned code, uint32_t address) {
    if (code == 0) return;
    std::fprintf(stderr, "error: register %#x answers %u\n", address, code);
    std::exit(1);
  }
  uint32_t read(uint32_t address) {
    uint32_t value = 0;
    top_->reg_araddr_i = address;
    handshake(top_->reg_arvalid_i, top_->reg_arready_o, "read address");
    handshake(top_->reg_rready_i, top_->reg_rvalid_o, "read data", [&] {
      value = top_->reg_rdata_o;
      response(top_->reg_rresp_o, address);
    });
    return value;
  }
  void write(uint32_t address, uint32_t value) {
    // Address and data may be taken in either order, here both wait for the response.
    top_->reg_awaddr_i = address;
    top_->reg_wdata_i = value;
    top_->reg_wstrb_i = 15;
    bool aw = false, w = false;
    for (int i = 0; i < kPatience && !(aw && w); i++) {
      top_->reg_awvalid_i = !aw;
      top_->reg_wvalid_i = !w;
      top_->clk_i = 0;
      top_->eval();
      const bool aw_now = top_->reg_awvalid_i && top_->reg_awready_o;
      const bool w_now = top_->reg_wvalid_i && top_->reg_wready_o;
      top_->clk_i = 1;
      top_->eval();
      aw |= aw_now;
      w |= w_now;
    }
    top_->reg_awvalid_i = top_->reg_wvalid_i = 0;
    handshake(top_->reg_bready_i, top_->reg_bvalid_o, "write response",
              [&] { response(top_->reg_bresp_o, address); });
  }

  std::unique_ptr<VerilatedContext> context_;
  std::unique_ptr<Vtop> top_;
};

template <typename T>
std::vector<T> load(const char* path) {
  std::FILE* file = std::fopen(path, "rb");
  std::vector<T> data;
  T item;
  while (file && std::fread(&item, sizeof item, 1, file) == 1) data.push_back(item);
  if (!file || data.empty()) {
    std::fprintf(stderr, "error: %s: not there, or empty\n", path);
    std::exit(1);
  }
  std::fclose(file);
  return data;
}

using Packet = std::vector<uint64_t>;

void report(const mur_port& port, const char* what) {
  int descriptor;
  const uint32_t error = mur_error(&port, &descriptor);
  std::printf("%s: ERROR %#x descriptor %d\n", what, error, descriptor);
}

void load_all(const mur_port& port, const std::vector<Packet>& packets) {
  for (const Packet& packet : packets) {
    if (mur_load(&port, packet.data(), packet.size()) != MUR_OK) report(port, "load");
  }
}

// Send a frame and take what comes up to its END.
void run_frame(const mur_port& port, const int16_t* elements, size_t count, bool first) {
  port.send_frame(port.self, elements, count, first);
  mur_user user;
  do {
    int32_t words[MUR_WORDS];
    unsigned n;
    user = mur_result(&port, words, &n);
    std::printf("frame %u %s", user.frame, user.kind == MUR_END ? "END" : "result");
    for (unsigned i = 0; i < n; i++) std::printf(" %d", words[i]);
    std::printf("\n");
  } while (user.kind != MUR_END);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: example_sim IMAGES FRAMES ELEMENTS\n");
    return 2;
  }
  std::vector<Packet> packets;
  const auto images = load<uint64_t>(argv[1]);
  for (size_t at = 0; at < images.size(); at += 1 + images[at]) {
    packets.emplace_back(&images[at + 1], &images[at + 1] + images[at]);
  }
  const auto frames = load<int16_t>(argv[2]);
  const size_t elements = std::stoul(argv[3]);

  Chip chip;
  const mur_port port = {&chip, Chip::read, Chip::write, Chip::send_image, Chip::send_frame, Chip::receive};
  std::printf("probe %d\n", mur_probe(&port));

  // A checksum that does not fit, and START without a program.
  Packet bad = packets[0];
  bad[1] ^= 1;
  if (mur_load(&port, bad.data(), bad.size()) == MUR_ERROR) report(port, "spoiled image");
  if (mur_start(&port) == MUR_ERROR) report(port, "start without a program");

  // An END of which a bit is set that must be 0, with the right checksum: each frame halts there.
  std::vector<Packet> illegal = packets;
  Packet& program = illegal.back();
  const unsigned words = static_cast<unsigned>(program[0] >> 48);
  program[2 * words - 1] |= 1ULL << 8;
  mur_packet(program.data(), program.size() - 2, 0, 0, words);
  load_all(port, illegal);
  mur_start(&port);
  run_frame(port, frames.data(), elements, true);
  report(port, "illegal descriptor");
  mur_recover(&port);
  run_frame(port, frames.data(), elements, true);
  report(port, "illegal descriptor again");
  mur_stop(&port);

  // The good network. A packet that ends early is dropped; the next frame is right.
  load_all(port, packets);
  mur_start(&port);
  port.send_frame(port.self, frames.data(), 4, 1);
  report(port, "short frame");
  for (size_t at = 0; at + elements <= frames.size(); at += elements) {
    run_frame(port, &frames[at], elements, at == 0);
  }
  std::printf("irq %d\n", chip.irq());
  std::printf("stop %d\n", mur_stop(&port));
  std::printf("frames %u events %llu %llu\n", Chip::read(&chip, offsetof(mur_regs_t, FRAMES)),
              static_cast<unsigned long long>(mur_counter(&port, offsetof(mur_regs_t, EVENTS0))),
              static_cast<unsigned long long>(mur_counter(&port, offsetof(mur_regs_t, EVENTS1))));
  return 0;
}
