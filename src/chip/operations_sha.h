/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SHA-256 and HMAC-SHA256 on the chip, step by step: start, any number of updates, end. What has been hashed so far is
 * a context that lasts until the chip sleeps; nothing but SHA touches it. None or the wrong one: CHIP_EXECUTION.
 * CHIP_RESET: the context is lost, or may have taken a piece or not; start again. For a whole message at once there are
 * chip_sha256() in chip/operations.h and chip_hmac_sha256() here. On the ATECC508A SHA works in TempKey, which is lost.
 */
#ifndef IMPRINT_CHIP_OPERATIONS_SHA_H
#define IMPRINT_CHIP_OPERATIONS_SHA_H

#include "chip/chip.h"
#include "chip/config.h"

#define CHIP_SHA_BLOCK_BYTES 64
#define CHIP_SHA_CONTEXT_MAX 103 /* 36 or 40 bytes, sources differ, and an unfinished block */

/* Where a digest goes besides the caller. The ATECC508A knows only the first. */
enum chip_sha_target { CHIP_SHA_TO_TEMPKEY = 0x00, CHIP_SHA_TO_MESSAGE_DIGEST = 0x40, CHIP_SHA_TO_CALLER = 0xC0 };

enum chip_status chip_sha_start(struct chip *chip, struct error *err);

/* Up to 64 bytes; the ATECC508A takes 64, no less. */
enum chip_status chip_sha_update(struct chip *chip, struct bytes piece, struct error *err);

/* Adds X and Y of the public key stored in slot 8..15. */
enum chip_status chip_sha_add_public_key(struct chip *chip, uint8_t slot, struct error *err);

/* The last piece, 0 to 63 bytes, and the digest; of an HMAC context on the ATECC608, its MAC. */
enum chip_status chip_sha_end(struct chip *chip, enum chip_sha_target target, struct bytes piece,
                              uint8_t digest[static CHIP_DIGEST_BYTES], struct error *err);

/*
 * HMAC with the first 32 bytes of a slot (not private, no NoMac, no ReqRandom; its ReqAuth, latch and LimitedUse
 * apply), or on the ATECC608 with TempKey. Updates as above. chip_hmac_end() is for both parts: they end differently.
 */
enum chip_status chip_hmac_start(struct chip *chip, uint8_t slot, struct error *err);
enum chip_status chip_hmac_start_tempkey(struct chip *chip, struct error *err);
enum chip_status chip_hmac_end(struct chip *chip, enum chip_part part, enum chip_sha_target target, struct bytes piece,
                               uint8_t mac[static CHIP_DIGEST_BYTES], struct error *err);

/*
 * HMAC-SHA256 of `message` with the key in `slot`. Run once more by itself after CHIP_RESET, unless the key counts its
 * uses. The digest stays in TempKey on the ATECC508A.
 */
enum chip_status chip_hmac_sha256(struct chip *chip, enum chip_part part, uint8_t slot, struct bytes message,
                                  uint8_t mac[static CHIP_DIGEST_BYTES], struct error *err);

/*
 * ATECC608: the context of an unfinished SHA-256, to let something else be hashed meanwhile; not of an HMAC. It says
 * what was hashed: as secret as that. chip_sha_restore() goes on from one.
 */
enum chip_status chip_sha_save(struct chip *chip, struct bytes_out *context, struct error *err);
enum chip_status chip_sha_restore(struct chip *chip, struct bytes context, struct error *err);

#endif
