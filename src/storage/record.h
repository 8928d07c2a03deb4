/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored form of one record, the same in every backend. Only these functions write and parse it. All numbers are
 * little endian; docs/reference/storage-format.md describes every byte.
 *
 *   0  magic "IREC"      8  uid     20  size of the content    28  content
 *   4  format version   16  flags   24  CRC-32 of bytes 0..23  28 + size  CRC-32 of bytes 0..23 and the content
 *   6  zero
 *
 * The header has its own checksum, at a place that later versions must keep. So a damaged record is never mistaken for
 * a later version's, and a log on flash can be read past a damaged content. The checksums detect accidents (any burst
 * of up to 32 bits, any three flipped bits at these lengths). They do not stop an attacker: before the PSA core runs,
 * there is no secret key for a MAC. CRC-32 is used and not a shortened SHA-256, because it needs neither the core nor a
 * kilobyte of code on a microcontroller.
 */
#ifndef IMPRINT_STORAGE_RECORD_H
#define IMPRINT_STORAGE_RECORD_H

#include "storage/storage.h"

#define STORAGE_RECORD_HEADER 28
#define STORAGE_RECORD_HEADER_COVERED 24 /* the part that checksums cover: all but the header's own */
#define STORAGE_RECORD_CRC 4
#define STORAGE_RECORD_OVERHEAD (STORAGE_RECORD_HEADER + STORAGE_RECORD_CRC)

/* Bytes that a record with `size` bytes of content takes. */
#define STORAGE_RECORD_BYTES(size) (STORAGE_RECORD_OVERHEAD + (size))

/* Whether PSA's core or the driver must be able to replace the record `uid`: storage.h lists these uids. */
bool storage_record_is_system(uint64_t uid);

/*
 * Whether the record `uid` may use the room that is kept for STORAGE_KEPT_UID: that record itself; the driver's, which
 * recovery stores and which are small.
 */
bool storage_record_may_use_kept_room(uint64_t uid);

/* Whether the record may be neither replaced nor removed. */
bool storage_record_is_permanent(const struct storage_record *record);

/* Appends the stored form to `out`. False, with `out` unchanged, when it does not fit or exceeds STORAGE_RECORD_MAX. */
bool storage_record_write(uint64_t uid, uint32_t flags, struct bytes content, struct bytes_out *out);

/* The two parts of the function above, for callers that write in pieces: the header (`size` is not checked), and ... */
void storage_record_write_header(uint64_t uid, uint32_t flags, uint32_t size,
                                 uint8_t header[static STORAGE_RECORD_HEADER]);

/*
 * ... the checksum, CRC-32 as in IEEE 802.3 and zlib. Continues `crc`, 0 for a new one, over `len` bytes at `data`. The
 * whole record's is over the first STORAGE_RECORD_HEADER_COVERED bytes of its header and then the content.
 */
uint32_t storage_record_crc(uint32_t crc, const uint8_t *data, size_t len);

/* The checksum over any bytes followed by their own checksum. Bytes followed by anything else never give this value. */
#define STORAGE_RECORD_CRC_SEALED 0x2144df1cu

/* Appends the checksum of the `len` bytes at `data`. */
void storage_record_seal(uint8_t *data, size_t len);

/* Whether the last four of the `len` bytes at `data` are the checksum of those before them. */
bool storage_record_is_sealed(const uint8_t *data, size_t len);

/*
 * Checks the header at the start of `stored` and returns its fields, so that a reader knows the size of the whole
 * record. OK; FUTURE for an intact header of a later version; otherwise CORRUPT. Sets `record` only on OK.
 */
enum storage_status storage_record_read_header(struct bytes stored, struct storage_record *record);

/*
 * Checks that `stored` is exactly the record `uid`. On OK `content` points into `stored`. FUTURE as above; otherwise
 * CORRUPT, also for an intact record of another uid.
 */
enum storage_status storage_record_read(struct bytes stored, uint64_t uid, struct storage_record *record,
                                        struct bytes *content);

#endif
