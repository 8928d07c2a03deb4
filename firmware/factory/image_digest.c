/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/factory/image_digest.h"

#include <string.h>

#include <imprint/board.h>
#include <psa/crypto.h>

#include "crypto/hash.h"
#include "firmware/console.h"

#define PIECE_BYTES 256

/* For a port that does not know. */
__attribute__((weak)) size_t imprint_board_image(const uint8_t **begin)
{
    *begin = NULL;
    return 0;
}

size_t image_digest_len(void)
{
    const uint8_t *begin;

    return imprint_board_image(&begin);
}

/* In pieces, and copied: PSA would take a copy of all of it from the heap, and flash may begin at address 0. */
static bool hash_image(uint8_t digest[static CRYPTO_SHA256_BYTES])
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    psa_status_t status = psa_hash_setup(&operation, PSA_ALG_SHA_256);
    uint8_t piece[PIECE_BYTES];
    const uint8_t *at;
    size_t left = imprint_board_image(&at), len;

    while (left > 0 && status == PSA_SUCCESS) {
        len = left < sizeof piece ? left : sizeof piece;
        memcpy(piece, at, len);
        status = psa_hash_update(&operation, piece, len);
        at += len;
        left -= len;
    }
    if (status == PSA_SUCCESS)
        status = psa_hash_finish(&operation, digest, CRYPTO_SHA256_BYTES, &len);
    (void)psa_hash_abort(&operation);
    return status == PSA_SUCCESS;
}

bool image_digest_show(struct error *err)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct link_frame frame;

    if (image_digest_len() == 0 || !hash_image(digest)) {
        error_set(err, ERROR_PSA, "the board's image cannot be hashed", NULL);
        return false;
    }
    console_print("SHA-256 of this image: ");
    console_print_hex(bytes_of(digest, sizeof digest));
    console_print("\n");
    frame = console_begin_frame("image");
    link_add_number(&frame, "bytes", (uint32_t)image_digest_len());
    link_add_hex(&frame, "sha256", bytes_of(digest, sizeof digest));
    link_end(&frame);
    return true;
}
