/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The stored form of one record, the same in every backend: written and parsed here and nowhere else. All numbers are
 * little endian; docs/reference/storage-format.md describes every byte.
 *
 *   0  magic "IREC"      8  uid     20  size of the content    28  content
 *   4  format version   16  flags   24  CRC-32 of bytes 0..23  28 + size  CRC-32 of bytes 0..23 and the content
 *   6  zero
 *
 * The header has a checksum of its own at a place that no later version may move, so that a damaged record is never
 * taken for one of a later version, and a log of records on flash can be walked over a damaged content. The checksums
 * find accidents (every burst of up to 32 bits, every three flipped bits at these lengths), they are no protection
 * against an attacker: nobody holds a secret that a MAC could be made with before the PSA core is up. CRC-32 instead
 * of a shortened SHA-256 because it needs neither the core nor a kilobyte of code on a microcontroller.
 */
#ifndef IMPRINT_STORAGE_RECORD_H
#define IMPRINT_STORAGE_RECORD_H

#include "storage/storage.h"

#define STORAGE_RECORD_HEADER 28
#define STORAGE_RECORD_HEADER_COVERED 24 /* of it, what the checksums cover: all but the header's own */
#define STORAGE_RECORD_CRC 4
#define STORAGE_RECORD_OVERHEAD (STORAGE_RECORD_HEADER + STORAGE_RECORD_CRC)

/* Bytes that a record with `size` bytes of content takes. */
#define STORAGE_RECORD_BYTES(size) (STORAGE_RECORD_OVERHEAD + (size))

/* Appends the stored form to `out`. False, with `out` unchanged, when it does not fit or exceeds STORAGE_RECORD_MAX. */
bool storage_record_write(uint64_t uid, uint32_t flags, struct bytes content, struct bytes_out *out);

/* The two parts of the above for those who write piece by piece: the header, without a look at `size`, and ... */
void storage_record_write_header(uint64_t uid, uint32_t flags, uint32_t size,
                                 uint8_t header[static STORAGE_RECORD_HEADER]);

/*
 * ... the checksum, CRC-32 as in IEEE 802.3 and zlib. Continues `crc`, 0 for a new one, over `len` bytes at `data`. The
 * whole record's is over the first STORAGE_RECORD_HEADER_COVERED bytes of its header and then the content.
 */
uint32_t storage_record_crc(uint32_t crc, const uint8_t *data, size_t len);

/* Over any bytes and their checksum behind them, and over nothing else of that length, the checksum is this. */
#define STORAGE_RECORD_CRC_SEALED 0x2144df1cu

/* Puts the checksum of the `len` bytes at `data` behind them. */
void storage_record_seal(uint8_t *data, size_t len);

/* Whether the last four of the `len` bytes at `data` are the checksum of those before them. */
bool storage_record_is_sealed(const uint8_t *data, size_t len);

/*
 * Checks the header that `stored` begins with and says what it announces, so that a reader knows how many bytes make up
 * the whole record. OK; FUTURE for a whole header of a later version; CORRUPT for everything else. `record` is only
 * filled on OK.
 */
enum storage_status storage_record_read_header(struct bytes stored, struct storage_record *record);

/*
 * Checks the record `uid` that `stored` holds, neither more nor less. On OK `content` points into `stored`. FUTURE as
 * above; CORRUPT for anything else, a whole record of another uid included.
 */
enum storage_status storage_record_read(struct bytes stored, uint64_t uid, struct storage_record *record,
                                        struct bytes *content);

#endif
