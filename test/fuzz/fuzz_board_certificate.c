/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all that a station, or whatever is at the console, sends a board as its certificate. Each line is a
 * command without marks; a line "hash" ends with the right hash whatever has come. What must hold: nothing is written
 * beyond its room; a certificate is there only as a whole, with what its slots are to hold behind it; and the engine
 * gets none that is for another key than its own.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include <psa/crypto.h>

#include "base/hex.h"
#include "cert/parts.h"
#include "crypto/hash.h"
#include "firmware/factory/certificates.h"
#include "profile/text/text.h"
#include "psa/its.h"
#include "storage/memory.h"

#define SLOTS_USED 2

static const char text[] =
    "imprint: 1\n"
    "name: fuzzed\n"
    "chip:\n"
    "  parts: [ATECC608B]\n"
    "  configuration: trust-flex\n"
    "keys:\n"
    "  - {name: client, id: 16, method: generate, slot: 2, type: ecc-key-pair(secp-r1), bits: 256,\n"
    "     algorithm: ecdsa(any-hash), usage: [sign-hash]}\n"
    "certificates:\n"
    "  - {name: client, key: client, issuer: factory, kind: tls-client, subject: 'CN={serial}',\n"
    "     valid: 20, slot: 10, signer-key-slot: 11, psa-id: 0x1001}\n";

static struct profile profile;
static struct factory_certificate room;
static struct factory_certificates certificates = {
    .functions = &factory_certificate_functions, .rooms = &room, .profile = &profile};

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static uint8_t memory[4096];
    static struct storage_memory store;
    static struct storage storage;
    static struct its its;
    struct profile_complaint complaint;

    (void)argc;
    (void)argv;
    storage_memory_open(&store, memory, sizeof memory, &storage);
    its_mount(&its, &storage);
    require(psa_crypto_init() == PSA_SUCCESS);
    require(profile_read_text(text, sizeof text - 1, &profile, &complaint));
    return 0;
}

/* What an honest station says at the end. */
static void end_rightly(void)
{
    const struct bytes all = bytes_of(room.bytes, room.len);
    uint8_t hash[CRYPTO_SHA256_BYTES];
    char hex[HEX_SIZE(8)];
    const struct link_words words = {.count = 3, .word = {"certificate", "16", hex}};
    struct error err = {.reason = ERROR_NONE};

    require(crypto_sha256(&all, 1, hash));
    hex_encode(bytes_of(hash, 8), hex);
    (void)certificates.functions->take(&certificates, &words, &err);
}

static void take_line(char *line)
{
    struct error err = {.reason = ERROR_NONE};
    struct link_words words;

    if (strcmp(line, "hash") == 0)
        end_rightly();
    else if (link_split(line, LINK_TEXT, &words))
        require(certificates.functions->take(&certificates, &words, &err) != (err.reason != ERROR_NONE));
}

/* What the engine is given. */
static void use(void)
{
    static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23};
    uint8_t point[P256_POINT_BYTES] = {P256_UNCOMPRESSED}, content[PROVISION_CERTIFICATE_BYTES];
    struct error err = {.reason = ERROR_NONE};
    struct cert_parts parts;
    struct bytes der;

    require(room.len <= sizeof room.bytes && room.der_len <= room.len);
    require(room.der_len == 0 || room.der_len + SLOTS_USED * PROVISION_CERTIFICATE_BYTES == room.len);
    require(certificates.functions->slot(&certificates, 10, content) == (room.der_len != 0));
    require(!certificates.functions->slot(&certificates, 12, content));
    if (room.der_len == 0 || !cert_read_parts(bytes_of(room.bytes, room.der_len), &parts))
        return;
    memcpy(point + 1, parts.public_key, CERT_KEY_BYTES);
    (void)certificates.functions->get(&certificates, 0, serial, point, true, &der, &err);
    point[1] ^= 1;
    error_clear(&err);
    require(!certificates.functions->get(&certificates, 0, serial, point, true, &der, &err) &&
            err.reason == ERROR_CERTIFICATE_DIFFERS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1), *next = copy;

    require(copy != NULL);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    memset(&room, 0, sizeof room);
    while (next != NULL) {
        char *line = next;

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        take_line(line);
        use();
    }
    free(copy);
    return 0;
}
