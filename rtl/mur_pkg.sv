// SPDX-License-Identifier: Apache-2.0
// mur_pkg: every width, code, struct and descriptor field of murmur, in one place.
//
// The normative text is docs/numerics.md (sizes, arithmetic), docs/program.md (descriptors, errors)
// and docs/ledger.md (counters); a test proves that this file and the Python constants agree.
// Over 300 lines because one fact has one place, and this is it.

package mur_pkg;

  // ---- sizes -----------------------------------------------------------------------------------
  parameter int unsigned GROUP      = 128;  // rows under one mask word
  parameter int unsigned SETS       = 2;
  parameter int unsigned CTX        = 3;
  parameter int unsigned ACC_W      = 24;
  parameter int unsigned MEM_W      = 16;
  parameter int unsigned ELEM_W     = 16;
  parameter int unsigned BIAS_W     = 24;
  parameter int unsigned THETA_W    = 16;
  parameter int unsigned WGT_W      = 4;
  /* verilator lint_off UNUSEDPARAM */ // a 3-bit field holds no more: here to be compared with the model's
  parameter int unsigned SHIFT_MAX  = 7;
  /* verilator lint_on UNUSEDPARAM */
  parameter int unsigned SPIKE_W    = 8;    // bits of a spike byte
  parameter int unsigned STATE_W    = MEM_W + SPIKE_W;
  parameter int unsigned POS_W      = 5;    // position of a digit after the shift, 0..23
  parameter int unsigned DESC_W     = 128;
  parameter int unsigned ADDR_W     = 16;   // every memory address
  parameter int unsigned LEDGER_W   = 48;
  parameter int unsigned CHUNK_MAX  = 16;   // C of the widest build: width of the tap
  parameter int unsigned RANK_W     = 17;   // rows of one ACC, 0..65535, and one past

  typedef logic [ADDR_W-1:0] addr_t;

  // Width of the widest image word of a build: weights, masks and program, or bias.
  function automatic int unsigned max_word_w(int unsigned lanes, int unsigned result_w);
    int unsigned w;
    w = lanes * WGT_W;
    if (w < DESC_W) w = DESC_W;
    if (w < (result_w / 32) * BIAS_W) w = (result_w / 32) * BIAS_W;
    return w;
  endfunction

  // ---- images ----------------------------------------------------------------------------------
  typedef enum logic [2:0] {
    TgtProg = 3'd0, TgtWgt0 = 3'd1, TgtWgt1 = 3'd2, TgtMsk0 = 3'd3, TgtMsk1 = 3'd4,
    TgtBias = 3'd5, TgtTheta = 3'd6
  } img_target_e;

  // ---- errors: the code is the number of the bit in the error register --------------------------
  typedef enum logic [3:0] {
    ErrIllegalDesc = 4'd0,  ErrAddrRange  = 4'd1,  ErrAccOverflow = 4'd2,
    ErrFrameShort  = 4'd3,  ErrFrameLong  = 4'd4,
    ErrImgHeader   = 4'd5,  ErrImgRange   = 4'd6,  ErrImgLength   = 4'd7,
    ErrImgCrc      = 4'd8,  ErrImgBusy    = 4'd9,
    ErrNoProgram   = 4'd10, ErrCtrlBusy   = 4'd11
  } err_e;
  parameter int unsigned ERRORS = 12;

  // ---- codes -----------------------------------------------------------------------------------
  typedef enum logic [3:0] {
    OpFrame = 4'd1, OpAcc = 4'd2, OpFold = 4'd3, OpFire = 4'd4, OpLoop = 4'd5, OpEnd = 4'd6,
    OpLoad = 4'd7
  } op_e;
  typedef enum logic [1:0] { FmtSpikes = 2'd0, FmtMerged = 2'd1, FmtUnsigned = 2'd2, FmtSigned = 2'd3 } fmt_e;
  typedef enum logic [2:0] {
    KindLif = 3'd0, KindRaw = 3'd1, KindArgmax = 3'd2, KindRequant = 3'd3, KindSsf = 3'd4
  } kind_e;
  typedef enum logic [3:0] { ResRaw = 4'd1, ResArgmax = 4'd2, ResEnd = 4'd15 } res_kind_e;
  parameter logic [3:0] LEAK_NONE = 4'd0, LEAK_ALL = 4'd15;

  // ---- descriptors, msb first; every rsvd field must be zero ------------------------------------
  typedef struct packed {
    logic [63:0] rsvd1;    // 127:64
    addr_t       len;      // 63:48
    addr_t       dst;      // 47:32
    logic [27:0] rsvd0;    // 31:4
    logic [3:0]  op;       // 3:0
  } desc_frame_t;          // FRAME and LOAD

  typedef struct packed {
    logic [31:0] rsvd1;    // 127:96
    addr_t       msk;      // 95:80
    addr_t       wgt;      // 79:64
    addr_t       len;      // 63:48
    addr_t       src;      // 47:32
    logic [3:0]  rsvd0;    // 31:28
    logic        mv_msk;   // 27
    logic        mv_wgt;   // 26
    logic        mv_src;   // 25
    logic        bank;     // 24
    logic [1:0]  wfmt;     // 23:22
    logic [2:0]  shift;    // 21:19
    logic [3:0]  sel1;     // 18:15
    logic [3:0]  sel0;     // 14:11
    logic [1:0]  fmt;      // 10:9
    logic [1:0]  ctx;      // 8:7
    logic        masked;   // 6
    logic [1:0]  sets;     // 5:4
    logic [3:0]  op;       // 3:0
  } desc_acc_t;

  typedef struct packed {
    logic [116:0] rsvd1;   // 127:11
    logic [1:0]   src;     // 10:9
    logic [1:0]   ctx;     // 8:7
    logic [2:0]   rsvd0;   // 6:4
    logic [3:0]   op;      // 3:0
  } desc_fold_t;

  typedef struct packed {
    logic [31:0] rsvd1;    // 127:96
    addr_t       neu;      // 95:80
    addr_t       par;      // 79:64
    addr_t       n;        // 63:48
    addr_t       dst;      // 47:32
    logic [3:0]  rsvd0;    // 31:28
    logic        mv_neu;   // 27
    logic        mv_par;   // 26
    logic        mv_dst;   // 25
    logic        last;     // 24
    logic        first;    // 23
    logic        soft_rst; // 22
    logic [3:0]  leak;     // 21:18
    logic [2:0]  tag;      // 17:15
    logic [2:0]  bit0;     // 14:12
    logic [2:0]  kind;     // 11:9
    logic [1:0]  ctx;      // 8:7
    logic        sum;      // 6
    logic [1:0]  take;     // 5:4
    logic [3:0]  op;       // 3:0
  } desc_fire_t;

  typedef struct packed {
    logic [15:0] rsvd1;    // 127:112
    addr_t       d_neu;    // 111:96
    addr_t       d_par;    // 95:80
    addr_t       d_msk;    // 79:64
    addr_t       d_wgt;    // 63:48
    addr_t       d_src;    // 47:32
    addr_t       count;    // 31:16
    logic [3:0]  rsvd0;    // 15:12
    logic [7:0]  body;     // 11:4
    logic [3:0]  op;       // 3:0
  } desc_loop_t;

  typedef struct packed {
    logic [122:0] rsvd;    // 127:5
    logic         wrap;    // 4
    logic [3:0]   op;      // 3:0
  } desc_end_t;

  // ---- work in flight ---------------------------------------------------------------------------
  // Each queue (ACC set 0, ACC set 1, FIRE) is a ring of SLOTS entries; a slot is free again when its
  // work is complete. A dependency is a bit per slot of another queue, cleared as that slot completes.
  parameter int unsigned SLOTS  = 4;
  parameter int unsigned SLOT_W = 2;
  parameter int unsigned SEQ_W  = 8;    // program order of entries in flight, modulo 256
  typedef logic [SLOTS-1:0]  slots_t;
  typedef logic [SLOT_W-1:0] slot_t;
  typedef logic [SEQ_W-1:0]  seq_t;

  typedef enum logic [1:0] { ItAcc = 2'd0, ItFold = 2'd1, ItJoin = 2'd2, ItEnd = 2'd3 } item_e;

  typedef struct packed {
    item_e      item;
    logic       both;      // drives both sets (scanner 0; scanner 1 holds an ItJoin meanwhile)
    logic       masked;
    logic [1:0] ctx;
    logic [1:0] src;       // FOLD: source context
    logic [1:0] fmt;       // fmt_e
    logic [3:0] sel0;
    logic [3:0] sel1;
    logic [2:0] shift;
    logic       bank;
    seq_t       seq;
    addr_t      pc;
  } acc_ctl_t;

  typedef struct packed {
    addr_t msk;
    addr_t wgt;
    addr_t len;
    addr_t src;
  } acc_addr_t;

  typedef struct packed {
    logic       is_end;    // close the packet
    logic       is_err;    // ... because of error `code`
    err_e       code;
    logic [2:0] kind;      // kind_e
    logic [1:0] take;
    logic       summed;    // both sets into one current
    logic [1:0] ctx;
    logic [2:0] bit0;
    logic [2:0] tag;
    logic [3:0] leak;
    logic       soft_rst;
    logic       first;
    logic       last;
    seq_t       seq;
    addr_t      pc;
  } fire_ctl_t;

  typedef struct packed {
    addr_t      dst;
    addr_t      par;
    addr_t      neu;
    logic [7:0] n;
  } fire_addr_t;

  // An event (or FOLD, or the end of an entry) on its way from a scanner to the lanes.
  typedef struct packed {
    logic             ev0;      // digit for the scanner's own set
    logic             neg0;
    logic [POS_W-1:0] pos0;
    logic             ev1;      // digit for set 1 of a pair (scanner 0 only)
    logic             neg1;
    logic [POS_W-1:0] pos1;
    logic             both;
    logic [1:0]       ctx;
    logic             bank;
    logic             read;     // first event of a row: its weight word was read
    logic             fold;
    logic [1:0]       src;
    logic             range;    // the row's weight word lies outside the bank
    logic             last;     // the entry in `slot` is complete with this
    logic             is_end;   // ... and it is the END of a frame
    slot_t            slot;
  } ev_t;

  typedef struct packed {
    seq_t              seq;
    addr_t             pc;
    addr_t             row;
    addr_t             wgt;
  } ev_id_t;

  // First halting error of a scanner, in its program order.
  typedef struct packed {
    logic  valid;
    err_e  code;
    seq_t  seq;
    addr_t pc;
  } fault_t;

  function automatic logic later(seq_t a, seq_t b);
    seq_t d;
    d = a - b;
    return d != '0 && !d[SEQ_W-1];
  endfunction

  // An entry behind a fault is passed without effect.
  /* verilator lint_off UNUSEDSIGNAL */ // code, pc of a fault: mur_seq reports them
  function automatic logic killed(seq_t s, fault_t f0, fault_t f1);
    return (f0.valid && later(s, f0.seq)) || (f1.valid && later(s, f1.seq));
  endfunction
  /* verilator lint_on UNUSEDSIGNAL */

  // ---- what one core says about itself ----------------------------------------------------------
  typedef logic [LEDGER_W-1:0] count_t;
  typedef struct packed {
    count_t       events0;
    count_t       events1;
    count_t       rows_read;
    count_t       rows_zero;
    count_t       rows_masked;
    count_t       adds;
    count_t       gated;
    count_t [7:0] spikes;
    count_t       results;
  } ledger_t;

  // ---- result stream, TUSER ---------------------------------------------------------------------
  typedef struct packed {
    logic [7:0]  rsvd;
    res_kind_e   kind;
    logic [3:0]  step;
    addr_t       index;
    logic [31:0] frame;
  } res_user_t;

  // ---- verification taps ------------------------------------------------------------------------
  // One step of one chunk of a LIF FIRE, on the edge that commits it. Elements at and beyond C and
  // at and beyond n are zero.
  typedef struct packed {
    logic                                       valid;
    logic [31:0]                                frame;
    addr_t                                      pc;
    logic [7:0]                                 chunk;    // within the tile
    logic                                       step;     // step within this FIRE
    logic [CHUNK_MAX-1:0]                       spike;
    logic [CHUNK_MAX-1:0][MEM_W-1:0]            v;        // v' after this step
  } tap_lif_t;

  // One event as it is added to a set.
  typedef struct packed {
    logic             valid;
    addr_t            pc;
    addr_t            row;
    logic             neg;      // digit sign
    logic [POS_W-1:0] pos;      // digit position, shift included
    logic [1:0]       ctx;
    logic             bank;     // weight bank and word the row came from
    addr_t            wgt;
  } tap_event_t;

  typedef struct packed {
    logic             frame_start;   // pulse: the frame begins (after END of the frame before)
    logic [31:0]      frame;         // its number, valid with frame_start
    tap_lif_t         lif;
    tap_event_t [1:0] event_s;       // per set
  } tap_t;

endpackage
