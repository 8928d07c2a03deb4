/* SPDX-License-Identifier: Apache-2.0 */
#include "psa/cipher.h"

#include <string.h>

#include "psa/aes.h"
#include "psa/operation.h"

/* One message on its way through a mode. */
struct message {
    struct driver *driver;
    uint8_t slot;
    psa_algorithm_t mode;
    struct bytes input;             /* what is left of it */
    struct bytes_out *output;       /* with room for all */
    uint8_t chain[AES_BLOCK_BYTES]; /* CBC: the last cipher block; CTR: the counter; both begin with the IV */
};

static psa_status_t refuse(struct driver *driver, psa_status_t status, const char *cause)
{
    return operation_refuse(driver, status, ERROR_USAGE, cause, NULL);
}

static bool has_iv(psa_algorithm_t mode)
{
    return mode != PSA_ALG_ECB_NO_PADDING;
}

static psa_status_t check_mode(struct driver *driver, psa_algorithm_t mode, size_t iv_len)
{
    if (mode != PSA_ALG_ECB_NO_PADDING && mode != PSA_ALG_CBC_NO_PADDING && mode != PSA_ALG_CBC_PKCS7 &&
        mode != PSA_ALG_CTR)
        return refuse(driver, PSA_ERROR_NOT_SUPPORTED, "the chip's AES has the modes ECB, CBC, CTR and GCM only");
    if (iv_len != (has_iv(mode) ? AES_BLOCK_BYTES : 0))
        return refuse(driver, PSA_ERROR_INVALID_ARGUMENT, "the mode needs an IV of 16 bytes, and ECB none");
    return PSA_SUCCESS;
}

static psa_status_t check_length(struct driver *driver, bool right, size_t room, size_t needed)
{
    if (!right)
        return refuse(driver, PSA_ERROR_INVALID_ARGUMENT, "the mode needs whole blocks of 16 bytes");
    if (room < needed)
        return refuse(driver, PSA_ERROR_BUFFER_TOO_SMALL, "the buffer for the result is too small");
    return PSA_SUCCESS;
}

/* The next `len` bytes of the input, 16 at most. */
static const uint8_t *take(struct message *message, size_t len)
{
    const uint8_t *taken = message->input.data;

    message->input = bytes_of(taken + len, message->input.len - len);
    return taken;
}

/* --- modes ------------------------------------------------------------------------------------------------------- */

static psa_status_t encrypt_block(struct message *message, const uint8_t plain[static AES_BLOCK_BYTES])
{
    uint8_t block[AES_BLOCK_BYTES];
    psa_status_t status;

    memcpy(block, plain, sizeof block);
    if (has_iv(message->mode))
        driver_aes_xor(block, block, message->chain, sizeof block);
    status = driver_aes_encrypt(message->driver, message->slot, block, message->chain);
    (void)bytes_append(message->output, bytes_of(message->chain, sizeof message->chain));
    bytes_wipe(block, sizeof block);
    return status;
}

static psa_status_t decrypt_block(struct message *message, uint8_t plain[static AES_BLOCK_BYTES])
{
    uint8_t cipher[AES_BLOCK_BYTES];
    psa_status_t status;

    memcpy(cipher, take(message, sizeof cipher), sizeof cipher);
    status = driver_aes_decrypt(message->driver, message->slot, cipher, plain);
    if (has_iv(message->mode))
        driver_aes_xor(plain, plain, message->chain, sizeof cipher);
    memcpy(message->chain, cipher, sizeof cipher);
    return status;
}

/* The whole counter block counts, from its last byte. */
static void count(uint8_t counter[static AES_BLOCK_BYTES])
{
    for (size_t i = AES_BLOCK_BYTES; i-- > 0;)
        if (++counter[i] != 0)
            return;
}

/* Encrypts and decrypts alike. */
static psa_status_t run_counter(struct message *message)
{
    uint8_t block[AES_BLOCK_BYTES];
    psa_status_t status = PSA_SUCCESS;

    while (status == PSA_SUCCESS && message->input.len != 0) {
        const size_t len = message->input.len < sizeof block ? message->input.len : sizeof block;
        status = driver_aes_encrypt(message->driver, message->slot, message->chain, block);
        driver_aes_xor(block, block, take(message, len), len);
        (void)bytes_append(message->output, bytes_of(block, len));
        count(message->chain);
    }
    bytes_wipe(block, sizeof block);
    return status;
}

static psa_status_t encrypt_blocks(struct message *message)
{
    uint8_t last[AES_BLOCK_BYTES];
    psa_status_t status = PSA_SUCCESS;

    while (status == PSA_SUCCESS && message->input.len >= AES_BLOCK_BYTES)
        status = encrypt_block(message, take(message, AES_BLOCK_BYTES));
    if (status != PSA_SUCCESS || message->mode != PSA_ALG_CBC_PKCS7)
        return status;
    const size_t len = message->input.len;
    memset(last, (int)(sizeof last - len), sizeof last);
    if (len != 0)
        memcpy(last, take(message, len), len);
    status = encrypt_block(message, last);
    bytes_wipe(last, sizeof last);
    return status;
}

/* PKCS#7: each of the last N bytes is N, 1 to 16. 0 when they are not. In constant time. */
static size_t padding_of(const uint8_t block[static AES_BLOCK_BYTES])
{
    const unsigned len = block[AES_BLOCK_BYTES - 1];
    unsigned wrong = (len - 1u) >> 4; /* not 0 unless 1 to 16 */

    for (unsigned i = 0; i < AES_BLOCK_BYTES; i++) {
        const unsigned is_padding = 0u - ((AES_BLOCK_BYTES - 1u - i - len) >> 31);
        wrong |= is_padding & (block[i] ^ len);
    }
    return wrong == 0 ? len : 0;
}

static psa_status_t decrypt_last(struct message *message, const uint8_t last[static AES_BLOCK_BYTES])
{
    const size_t padding = padding_of(last);

    if (padding == 0)
        return refuse(message->driver, PSA_ERROR_INVALID_PADDING, "the decrypted text does not end with its padding");
    if (!bytes_append(message->output, bytes_of(last, AES_BLOCK_BYTES - padding)))
        return refuse(message->driver, PSA_ERROR_BUFFER_TOO_SMALL, "the buffer for the result is too small");
    return PSA_SUCCESS;
}

static psa_status_t decrypt_blocks(struct message *message)
{
    const bool padded = message->mode == PSA_ALG_CBC_PKCS7;
    uint8_t block[AES_BLOCK_BYTES];
    psa_status_t status = PSA_SUCCESS;

    while (status == PSA_SUCCESS && message->input.len != 0) {
        status = decrypt_block(message, block);
        if (status == PSA_SUCCESS && padded && message->input.len == 0)
            status = decrypt_last(message, block);
        else if (status == PSA_SUCCESS)
            (void)bytes_append(message->output, bytes_of(block, sizeof block));
    }
    bytes_wipe(block, sizeof block);
    return status;
}

/* --- a whole message --------------------------------------------------------------------------------------------- */

static psa_status_t run(struct message *message, struct bytes iv, psa_status_t (*blocks)(struct message *))
{
    psa_status_t status = driver_aes_begin(message->driver, message->slot);

    if (iv.len != 0)
        memcpy(message->chain, iv.data, sizeof message->chain);
    if (status == PSA_SUCCESS)
        status = message->mode == PSA_ALG_CTR ? run_counter(message) : blocks(message);
    if (status != PSA_SUCCESS)
        bytes_wipe(message->output->data, message->output->len);
    return status;
}

psa_status_t driver_cipher_encrypt(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes iv,
                                   struct bytes input, struct bytes_out *output)
{
    struct message message = {.driver = driver, .slot = slot, .mode = algorithm, .input = input, .output = output};
    const size_t rest = input.len % AES_BLOCK_BYTES;
    psa_status_t status = check_mode(driver, algorithm, iv.len);

    if (status == PSA_SUCCESS)
        status =
            check_length(driver, rest == 0 || algorithm == PSA_ALG_CTR || algorithm == PSA_ALG_CBC_PKCS7, output->cap,
                         algorithm == PSA_ALG_CBC_PKCS7 ? input.len - rest + AES_BLOCK_BYTES : input.len);
    if (status == PSA_SUCCESS)
        status = run(&message, iv, encrypt_blocks);
    if (status != PSA_SUCCESS)
        output->len = 0;
    return operation_end(driver, slot, "encrypt with AES", status);
}

psa_status_t driver_cipher_decrypt(struct driver *driver, uint8_t slot, psa_algorithm_t algorithm, struct bytes input,
                                   struct bytes_out *output)
{
    struct message message = {.driver = driver, .slot = slot, .mode = algorithm, .input = input, .output = output};
    const size_t iv_len = !has_iv(algorithm) ? 0 : input.len < AES_BLOCK_BYTES ? input.len : AES_BLOCK_BYTES;
    const struct bytes iv = bytes_of(input.data, iv_len);
    const bool padded = algorithm == PSA_ALG_CBC_PKCS7;
    psa_status_t status = check_mode(driver, algorithm, iv.len);

    (void)take(&message, iv_len);
    const size_t len = message.input.len;
    if (status == PSA_SUCCESS)
        status = check_length(driver, algorithm == PSA_ALG_CTR || (len % AES_BLOCK_BYTES == 0 && (len != 0 || !padded)),
                              output->cap, padded && len != 0 ? len - AES_BLOCK_BYTES : len);
    if (status == PSA_SUCCESS)
        status = run(&message, iv, decrypt_blocks);
    if (status != PSA_SUCCESS)
        output->len = 0;
    return operation_end(driver, slot, "decrypt with AES", status);
}
