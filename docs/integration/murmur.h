/* SPDX-License-Identifier: Apache-2.0 */
/* A driver for murmur, C11, no heap, no globals. docs/integration.md says how it is used. */
#ifndef MURMUR_H
#define MURMUR_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the driver needs of the platform. Each stream call moves one whole packet or beat and may wait. */
typedef struct {
    void *self;
    uint32_t (*read)(void *self, uint32_t address);
    void (*write)(void *self, uint32_t address, uint32_t value);
    /* `count` beats to s_axis_img, TLAST on the last. */
    void (*send_image)(void *self, const uint64_t *beats, size_t count);
    /* One packet to s_axis_frm: four elements a beat, lowest first, as they lie in a little-endian memory;
       TLAST on the last beat. `first`, of an utterance, is TUSER[0] of the first beat: the machine clears. */
    void (*send_frame)(void *self, const int16_t *elements, size_t count, int first);
    /* One beat of m_axis_res: the words, how many TKEEP marks, TUSER. Returns TLAST. */
    int (*receive)(void *self, int32_t *words, unsigned *count, uint64_t *user);
} mur_port;

typedef enum {
    MUR_OK = 0,
    MUR_NOT_THERE = -1, /* the ID register does not say "murm", or the version differs */
    MUR_BUSY = -2,      /* not idle */
    MUR_ERROR = -3      /* a bit of ERROR is set: mur_error says which */
} mur_status;

/* What a result beat says in TUSER. */
typedef enum { MUR_RAW = 1, MUR_ARGMAX = 2, MUR_END = 15 } mur_kind;
typedef struct {
    uint32_t frame; /* since START */
    uint16_t index; /* in chunks */
    uint8_t step;
    uint8_t kind; /* mur_kind */
} mur_user;

enum { MUR_WORDS = 16 }; /* of a result beat, at most */

/* CRC-32 of an image packet (IEEE 802.3) over `count` beats, low byte first. */
uint32_t mur_crc32(const uint64_t *beats, size_t count);
/* Header and check around `payload` beats that already stand in beats[1]..: returns the packet's length. */
size_t mur_packet(uint64_t *beats, size_t payload, unsigned target, unsigned first_word, unsigned words);

mur_status mur_probe(const mur_port *port);
/* One image packet into the idle machine. The program's comes last. */
mur_status mur_load(const mur_port *port, const uint64_t *packet, size_t count);
mur_status mur_start(const mur_port *port);
/* A result beat. At the END beat words[0] is 0, or 1 + the number of the error bit that stopped the frame. */
mur_user mur_result(const mur_port *port, int32_t *words, unsigned *count);
/* After a halting error: forget it, clear, go on with the next frame. */
void mur_recover(const mur_port *port);
/* Finish what has been accepted, then idle. */
mur_status mur_stop(const mur_port *port);

/* ERROR; what is set is cleared. `descriptor`: that of the first halting error, -1 if there is none. */
uint32_t mur_error(const mur_port *port, int *descriptor);
/* A counter of the ledger, given the address of its LO register; also while the machine runs. */
uint64_t mur_counter(const mur_port *port, uint32_t address);

#ifdef __cplusplus
}
#endif
#endif
