/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/gcm.h"

#include <string.h>

#include "psa/aes.h"
#include "psa/operation.h"

#define SHORT_NONCE_BYTES 12

/* Names of NIST SP 800-38D: H, J0, GHASH. */
struct state {
    struct driver *driver;
    uint8_t slot;
    uint8_t h[AES_BLOCK_BYTES];
    uint8_t j0[AES_BLOCK_BYTES];
    uint8_t ghash[AES_BLOCK_BYTES];
};

static psa_status_t refuse(struct driver *driver, psa_status_t status, enum error_reason reason, const char *cause)
{
    return operation_refuse(driver, status, reason, cause, NULL);
}

/* Takes one block into GHASH; a shorter one is filled up with zeros. */
static psa_status_t hash_block(struct state *state, const uint8_t *block, size_t len)
{
    driver_aes_xor(state->ghash, state->ghash, block, len);
    return driver_aes_multiply(state->driver, state->ghash, state->h);
}

static psa_status_t hash(struct state *state, struct bytes data)
{
    psa_status_t status = PSA_SUCCESS;

    for (size_t at = 0; status == PSA_SUCCESS && at < data.len; at += AES_BLOCK_BYTES)
        status = hash_block(state, data.data + at, data.len - at < AES_BLOCK_BYTES ? data.len - at : AES_BLOCK_BYTES);
    return status;
}

static void store_bits(uint8_t out[static 8], uint64_t bytes)
{
    for (unsigned i = 0; i < 8; i++)
        out[i] = (uint8_t)(8 * bytes >> (56 - 8 * i));
}

/* The lengths of what was hashed, in bits. */
static psa_status_t hash_lengths(struct state *state, size_t first, size_t second)
{
    uint8_t block[AES_BLOCK_BYTES];

    store_bits(block, first);
    store_bits(block + 8, second);
    return hash_block(state, block, sizeof block);
}

/* H and J0, after which GHASH begins with zeros. */
static psa_status_t begin(struct state *state, struct bytes nonce)
{
    psa_status_t status = driver_aes_begin(state->driver, state->slot);

    if (status == PSA_SUCCESS)
        status = driver_aes_encrypt(state->driver, state->slot, state->h, state->h);
    if (status != PSA_SUCCESS)
        return status;
    if (nonce.len == SHORT_NONCE_BYTES) {
        memcpy(state->j0, nonce.data, nonce.len);
        state->j0[AES_BLOCK_BYTES - 1] = 1;
        return PSA_SUCCESS;
    }
    status = hash(state, nonce);
    if (status == PSA_SUCCESS)
        status = hash_lengths(state, 0, nonce.len);
    memcpy(state->j0, state->ghash, sizeof state->j0);
    memset(state->ghash, 0, sizeof state->ghash);
    return status;
}

/* The counter's last four bytes count. */
static void count(uint8_t counter[static AES_BLOCK_BYTES])
{
    for (size_t i = AES_BLOCK_BYTES; i-- > AES_BLOCK_BYTES - 4;)
        if (++counter[i] != 0)
            return;
}

/* Encrypts and decrypts alike. */
static psa_status_t run_counter(struct state *state, struct bytes input, struct bytes_out *output)
{
    uint8_t counter[AES_BLOCK_BYTES], block[AES_BLOCK_BYTES];
    psa_status_t status = PSA_SUCCESS;

    memcpy(counter, state->j0, sizeof counter);
    for (size_t at = 0; status == PSA_SUCCESS && at < input.len; at += sizeof block) {
        const size_t len = input.len - at < sizeof block ? input.len - at : sizeof block;
        count(counter);
        status = driver_aes_encrypt(state->driver, state->slot, counter, block);
        driver_aes_xor(block, block, input.data + at, len);
        (void)bytes_append(output, bytes_of(block, len));
    }
    bytes_wipe(block, sizeof block);
    return status;
}

static psa_status_t make_tag(struct state *state, struct bytes additional, struct bytes cipher,
                             uint8_t tag[static AES_BLOCK_BYTES])
{
    psa_status_t status = hash(state, additional);

    if (status == PSA_SUCCESS)
        status = hash(state, cipher);
    if (status == PSA_SUCCESS)
        status = hash_lengths(state, additional.len, cipher.len);
    if (status == PSA_SUCCESS)
        status = driver_aes_encrypt(state->driver, state->slot, state->j0, tag);
    driver_aes_xor(tag, tag, state->ghash, AES_BLOCK_BYTES);
    return status;
}

static psa_status_t check_algorithm(struct driver *driver, const struct driver_gcm *gcm, size_t tag_len)
{
    if (!PSA_ALG_IS_AEAD(gcm->algorithm) ||
        PSA_ALG_AEAD_WITH_SHORTENED_TAG(gcm->algorithm, 0) != PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_GCM, 0))
        return refuse(driver, PSA_ERROR_NOT_SUPPORTED, ERROR_USAGE, "the chip's AES has no such mode but GCM");
    if (tag_len != 4 && tag_len != 8 && (tag_len < 12 || tag_len > AES_BLOCK_BYTES))
        return refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE, "GCM has tags of 4, 8 and 12 to 16 bytes");
    if (gcm->nonce.len == 0)
        return refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE, "GCM needs a nonce");
    return PSA_SUCCESS;
}

static psa_status_t encrypt(struct state *state, const struct driver_gcm *gcm, struct bytes plain, size_t tag_len,
                            struct bytes_out *output)
{
    uint8_t tag[AES_BLOCK_BYTES] = {0};
    psa_status_t status = begin(state, gcm->nonce);

    if (status == PSA_SUCCESS)
        status = run_counter(state, plain, output);
    if (status == PSA_SUCCESS)
        status = make_tag(state, gcm->additional, bytes_written(output), tag);
    if (status == PSA_SUCCESS)
        (void)bytes_append(output, bytes_of(tag, tag_len));
    return status;
}

psa_status_t driver_gcm_encrypt(struct driver *driver, uint8_t slot, const struct driver_gcm *gcm, struct bytes plain,
                                struct bytes_out *output)
{
    struct state state = {.driver = driver, .slot = slot};
    const size_t tag_len = PSA_ALG_AEAD_GET_TAG_LENGTH(gcm->algorithm);
    psa_status_t status = check_algorithm(driver, gcm, tag_len);

    if (status == PSA_SUCCESS && (output->cap < tag_len || output->cap - tag_len < plain.len))
        status = refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, ERROR_USAGE, "the buffer for the result is too small");
    if (status == PSA_SUCCESS)
        status = encrypt(&state, gcm, plain, tag_len, output);
    if (status != PSA_SUCCESS) {
        bytes_wipe(output->data, output->len);
        output->len = 0;
    }
    return operation_end(driver, slot, "encrypt with AES-GCM", status);
}

/* In constant time. */
static bool is_equal(const uint8_t *a, const uint8_t *b, size_t len)
{
    uint8_t different = 0;

    for (size_t i = 0; i < len; i++)
        different |= a[i] ^ b[i];
    return different == 0;
}

static psa_status_t decrypt(struct state *state, const struct driver_gcm *gcm, struct bytes cipher, const uint8_t *tag,
                            size_t tag_len, struct bytes_out *output)
{
    uint8_t expected[AES_BLOCK_BYTES] = {0};
    psa_status_t status = begin(state, gcm->nonce);

    if (status == PSA_SUCCESS)
        status = make_tag(state, gcm->additional, cipher, expected);
    if (status == PSA_SUCCESS && !is_equal(expected, tag, tag_len))
        status = refuse(state->driver, PSA_ERROR_INVALID_SIGNATURE, ERROR_CHIP_MISCOMPARE,
                        "the tag does not match: another key or nonce, or changed text");
    bytes_wipe(expected, sizeof expected);
    return status != PSA_SUCCESS ? status : run_counter(state, cipher, output);
}

psa_status_t driver_gcm_decrypt(struct driver *driver, uint8_t slot, const struct driver_gcm *gcm, struct bytes cipher,
                                struct bytes_out *output)
{
    struct state state = {.driver = driver, .slot = slot};
    const size_t tag_len = PSA_ALG_AEAD_GET_TAG_LENGTH(gcm->algorithm);
    psa_status_t status = check_algorithm(driver, gcm, tag_len);

    if (status == PSA_SUCCESS && cipher.len < tag_len)
        status = refuse(driver, PSA_ERROR_INVALID_ARGUMENT, ERROR_USAGE, "the text is shorter than its tag");
    if (status == PSA_SUCCESS && output->cap < cipher.len - tag_len)
        status = refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, ERROR_USAGE, "the buffer for the result is too small");
    if (status == PSA_SUCCESS)
        status = decrypt(&state, gcm, bytes_of(cipher.data, cipher.len - tag_len), cipher.data + cipher.len - tag_len,
                         tag_len, output);
    if (status != PSA_SUCCESS) {
        bytes_wipe(output->data, output->len);
        output->len = 0;
    }
    return operation_end(driver, slot, "decrypt with AES-GCM", status);
}
