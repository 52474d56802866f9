/* SPDX-License-Identifier: Apache-2.0 */
#include "murmur.h"

#include "mur_regs.h" /* generated: rtl/regs */

#define REG(name) ((uint32_t)offsetof(mur_regs_t, name))

static uint32_t status(const mur_port *port) { return port->read(port->self, REG(STATUS)); }

uint32_t mur_crc32(const uint64_t *beats, size_t count) {
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        for (unsigned bit = 0; bit < 64; bit++) {
            uint32_t out = (crc ^ (uint32_t)(beats[i] >> bit)) & 1u;
            crc = (crc >> 1) ^ (out ? 0xEDB88320u : 0u);
        }
    }
    return ~crc;
}

size_t mur_packet(uint64_t *beats, size_t payload, unsigned target, unsigned first_word, unsigned words) {
    beats[0] = 0x6D75u | (uint64_t)1 << 16 | (uint64_t)target << 24 | (uint64_t)first_word << 32 |
               (uint64_t)words << 48;
    beats[1 + payload] = mur_crc32(beats, 1 + payload);
    return payload + 2;
}

mur_status mur_probe(const mur_port *port) {
    uint32_t version = port->read(port->self, REG(VERSION));
    if (port->read(port->self, REG(ID)) != MUR_REGS__ID__VALUE_reset) return MUR_NOT_THERE;
    /* Before 1.0 a minor version may change what registers and streams mean. */
    if ((version & MUR_REGS__VERSION__MAJOR_bm) >> MUR_REGS__VERSION__MAJOR_bp !=
            MUR_REGS__VERSION__MAJOR_reset ||
        (version & MUR_REGS__VERSION__MINOR_bm) >> MUR_REGS__VERSION__MINOR_bp !=
            MUR_REGS__VERSION__MINOR_reset)
        return MUR_NOT_THERE;
    return MUR_OK;
}

mur_status mur_load(const mur_port *port, const uint64_t *packet, size_t count) {
    if (status(port) & (MUR_REGS__STATUS__RUNNING_bm | MUR_REGS__STATUS__HALTED_bm)) return MUR_BUSY;
    port->send_image(port->self, packet, count);
    return port->read(port->self, REG(ERROR)) ? MUR_ERROR : MUR_OK;
}

mur_status mur_start(const mur_port *port) {
    port->write(port->self, REG(IRQ_ENABLE),
                MUR_REGS__IRQ_ENABLE__FRAME_DONE_bm | MUR_REGS__IRQ_ENABLE__ERROR_bm);
    port->write(port->self, REG(CTRL), MUR_REGS__CTRL__START_bm);
    return port->read(port->self, REG(ERROR)) ? MUR_ERROR : MUR_OK;
}

mur_user mur_result(const mur_port *port, int32_t *words, unsigned *count) {
    uint64_t user;
    mur_user found;
    port->receive(port->self, words, count, &user);
    found.frame = (uint32_t)user;
    found.index = (uint16_t)(user >> 32);
    found.step = (uint8_t)(user >> 48 & 15);
    found.kind = (uint8_t)(user >> 52 & 15);
    return found;
}

void mur_recover(const mur_port *port) {
    port->write(port->self, REG(ERROR), port->read(port->self, REG(ERROR)));
    port->write(port->self, REG(CTRL), MUR_REGS__CTRL__CLEAR_bm);
}

mur_status mur_stop(const mur_port *port) {
    port->write(port->self, REG(CTRL), MUR_REGS__CTRL__STOP_bm);
    while (status(port) & (MUR_REGS__STATUS__RUNNING_bm | MUR_REGS__STATUS__HALTED_bm)) {
        /* Results must be taken meanwhile, or it never ends: here the caller has taken them all. */
    }
    return port->read(port->self, REG(ERROR)) ? MUR_ERROR : MUR_OK;
}

uint32_t mur_error(const mur_port *port, int *descriptor) {
    uint32_t error = port->read(port->self, REG(ERROR));
    uint32_t info = port->read(port->self, REG(ERROR_INFO));
    *descriptor = -1;
    if (info & MUR_REGS__ERROR_INFO__VALID_bm)
        *descriptor = (int)(info >> MUR_REGS__ERROR_INFO__DESCRIPTOR_bp);
    port->write(port->self, REG(ERROR), error);
    return error;
}

uint64_t mur_counter(const mur_port *port, uint32_t address) {
    uint32_t high, low;
    /* Two reads of one counter: a frame that completes between them may carry from LO to HI. */
    do {
        high = port->read(port->self, address + 4);
        low = port->read(port->self, address);
    } while (port->read(port->self, address + 4) != high);
    return (uint64_t)high << 32 | low;
}
