/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the canonical binary form and computes its digest. docs/reference/profile.md has the layout: little-endian,
 * texts with a length byte, no optional fields, no padding. The writer writes to a sink, so the same code fills a
 * buffer or feeds a hash.
 */
#include "profile/profile.h"

#include <string.h>

#include "base/order.h"
#include "profile/words.h"

static const uint8_t binary_magic[4] = {'I', 'P', 'R', 'F'};

#define BINARY_HEADER_BYTES 11
#define BINARY_LISTED_SHIFT 4       /* version 3: above `genuine`, in its byte */
#define BINARY_SUPPLY_BYTES 3       /* version 3: after the name */
#define BINARY_KEY_BYTES 20         /* without its texts */
#define BINARY_CERTIFICATE_BYTES 22 /* likewise; from version 5 on one more after them */
#define BINARY_DATUM_BYTES 14       /* of each datum; before version 7 one less */
#define FLAG_LOCK_CONFIG 0x01
#define FLAG_LOCK_DATA 0x02
#define FLAG_LOCK_SLOT 0x01
#define FLAG_OUTLIVES_ISSUER 0x01

_Static_assert(PROFILE_NAME_MAX - 1 <= UINT8_MAX && PROFILE_SOURCE_MAX - 1 <= UINT8_MAX &&
                   PROFILE_SUBJECT_MAX - 1 <= UINT8_MAX,
               "a length is one byte");
_Static_assert(BINARY_HEADER_BYTES + PROFILE_NAME_MAX + BINARY_SUPPLY_BYTES +
                       PROFILE_KEYS_MAX *
                           (BINARY_KEY_BYTES + PROFILE_NAME_MAX + PROFILE_SOURCE_MAX + PROFILE_SUBJECT_MAX) +
                       PROFILE_WRITE_KEYS_MAX * (1 + PROFILE_SOURCE_MAX) + 1 +
                       PROFILE_CERTIFICATES_MAX *
                           (BINARY_CERTIFICATE_BYTES + 4 * PROFILE_NAME_MAX + PROFILE_SUBJECT_MAX + PROFILE_OID_MAX) +
                       1 + PROFILE_DATA_MAX * (BINARY_DATUM_BYTES + PROFILE_NAME_MAX + PROFILE_SOURCE_MAX) +
                       sizeof(struct chip_policy_bytes) <=
                   PROFILE_BINARY_MAX,
               "the largest profile fits");

/* The bits of the parts in the binary form never change, even if enum chip_part does. */
#define BINARY_PARTS_SHIFT 1
#define BINARY_PARTS 0x07
_Static_assert(1u << CHIP_PART_ATECC508A == 0x01 << BINARY_PARTS_SHIFT &&
                   1u << CHIP_PART_ATECC608A == 0x02 << BINARY_PARTS_SHIFT &&
                   1u << CHIP_PART_ATECC608B == 0x04 << BINARY_PARTS_SHIFT,
               "enum chip_part must have the order of the stored bits");

/* The output. `good` becomes false, and stays false, when a piece cannot be written. */
struct binary_sink {
    bool (*write)(void *context, const void *data, size_t len);
    void *context;
    bool good;
};

static void binary_put(struct binary_sink *sink, const void *data, size_t len)
{
    if (sink->good)
        sink->good = sink->write(sink->context, data, len);
}

/* A text that does not end within `size` bytes has no binary form. */
static void binary_put_text(struct binary_sink *sink, const char *text, size_t size)
{
    const char *end = memchr(text, '\0', size);
    uint8_t len;

    if (end == NULL) {
        sink->good = false;
        return;
    }
    len = (uint8_t)(end - text);
    binary_put(sink, &len, 1);
    binary_put(sink, text, len);
}

static void binary_put_key(struct binary_sink *sink, uint8_t version, const struct profile_key *key)
{
    uint8_t fixed[BINARY_KEY_BYTES];

    store32_le(fixed, key->id);
    fixed[4] = (uint8_t)key->method;
    fixed[5] = key->slot;
    store16_le(fixed + 6, key->type);
    store16_le(fixed + 8, key->bits);
    store32_le(fixed + 10, key->algorithm);
    store32_le(fixed + 14, key->usage);
    fixed[18] = (uint8_t)key->replace;
    fixed[19] = key->lock_slot ? FLAG_LOCK_SLOT : 0;
    binary_put(sink, fixed, sizeof(fixed));
    binary_put_text(sink, key->name, PROFILE_NAME_MAX);
    binary_put_text(sink, key->source, PROFILE_SOURCE_MAX);
    if (version >= PROFILE_BINARY_VERSION_CSR)
        binary_put_text(sink, key->csr_subject, PROFILE_SUBJECT_MAX);
}

/* Sorted by slot, because their order in the text has no meaning. */
static void binary_put_write_keys(struct binary_sink *sink, const struct profile *profile)
{
    for (unsigned slot = 0; slot <= UINT8_MAX; slot++) {
        for (size_t i = 0; i < profile->write_key_count; i++) {
            const struct profile_write_key *write_key = &profile->write_keys[i];

            if (write_key->slot != slot)
                continue;
            binary_put(sink, &write_key->slot, 1);
            binary_put_text(sink, write_key->source, PROFILE_SOURCE_MAX);
        }
    }
}

static void binary_put_certificate(struct binary_sink *sink, uint8_t version,
                                   const struct profile_certificate *certificate)
{
    uint8_t fixed[BINARY_CERTIFICATE_BYTES];

    fixed[0] = (uint8_t)certificate->kind;
    fixed[1] = certificate->outlives_issuer ? FLAG_OUTLIVES_ISSUER : 0;
    store32_le(fixed + 2, certificate->extensions);
    store32_le(fixed + 6, certificate->valid);
    store16_le(fixed + 10, certificate->vendor_id);
    store16_le(fixed + 12, certificate->product_id);
    fixed[14] = certificate->slot;
    fixed[15] = certificate->signer_key_slot;
    fixed[16] = certificate->signer_slot;
    fixed[17] = (uint8_t)certificate->replace;
    store32_le(fixed + 18, certificate->psa_id);
    binary_put(sink, fixed, sizeof(fixed));
    binary_put_text(sink, certificate->name, PROFILE_NAME_MAX);
    binary_put_text(sink, certificate->key, PROFILE_NAME_MAX);
    binary_put_text(sink, certificate->issuer, PROFILE_NAME_MAX);
    binary_put_text(sink, certificate->subject, PROFILE_SUBJECT_MAX);
    binary_put_text(sink, certificate->hardware_type, PROFILE_OID_MAX);
    if (version >= PROFILE_BINARY_VERSION_PROOF) {
        const uint8_t prove = (uint8_t)certificate->prove;

        binary_put(sink, &prove, 1);
        binary_put_text(sink, certificate->connection, PROFILE_NAME_MAX);
    }
}

static void binary_put_certificates(struct binary_sink *sink, uint8_t version, const struct profile *profile)
{
    const uint8_t count = (uint8_t)profile->certificate_count;

    binary_put(sink, &count, 1);
    for (size_t i = 0; i < profile->certificate_count; i++)
        binary_put_certificate(sink, version, &profile->certificates[i]);
}

static void binary_put_data(struct binary_sink *sink, uint8_t version, const struct profile *profile)
{
    const uint8_t count = (uint8_t)profile_data_count(profile);

    binary_put(sink, &count, 1);
    for (size_t i = 0; i < profile_data_count(profile); i++) {
        const struct profile_datum *datum = &profile->data[i];
        uint8_t fixed[BINARY_DATUM_BYTES];

        fixed[0] = (uint8_t)datum->type;
        fixed[1] = datum->form;
        store32_le(fixed + 2, datum->id);
        store32_le(fixed + 6, datum->algorithm);
        fixed[10] = datum->slot;
        fixed[11] = datum->write_key;
        fixed[12] = (uint8_t)datum->replace;
        fixed[13] = datum->lock_slot ? FLAG_LOCK_SLOT : 0;
        binary_put(sink, fixed, version >= PROFILE_BINARY_VERSION_IO_KEY ? sizeof(fixed) : sizeof(fixed) - 1);
        binary_put_text(sink, datum->name, PROFILE_NAME_MAX);
        binary_put_text(sink, datum->source, PROFILE_SOURCE_MAX);
    }
}

/* Run by run, so that the form does not depend on how a compiler lays out the structure. */
static void binary_put_bytes(struct binary_sink *sink, const struct chip_policy_bytes *bytes)
{
    binary_put(sink, bytes->low, sizeof bytes->low);
    binary_put(sink, bytes->middle, sizeof bytes->middle);
    binary_put(sink, bytes->high, sizeof bytes->high);
}

/*
 * Version 2 added certificate requests, version 3 `genuine`, `rehearsal` and the mark, version 4 certificates, version
 * 5 how a certificate is proven, and data, version 6 the bytes of a configuration, version 7 the IO protection key. A
 * profile has the lowest version that can say what it says, so it keeps its digest when a version is added.
 */
static uint8_t binary_version(const struct profile *profile)
{
    for (size_t i = 0; i < profile_data_count(profile); i++)
        if (profile->data[i].type == PROFILE_DATUM_IO_KEY)
            return PROFILE_BINARY_VERSION_IO_KEY;
    if (profile_bytes(profile) != NULL)
        return PROFILE_BINARY_VERSION_BYTES;
    if (profile_data_count(profile) != 0)
        return PROFILE_BINARY_VERSION_PROOF;
    for (size_t i = 0; i < profile->certificate_count; i++)
        if (profile->certificates[i].prove != PROFILE_PROVE_READ_BACK)
            return PROFILE_BINARY_VERSION_PROOF;
    if (profile->certificate_count != 0)
        return PROFILE_BINARY_VERSION_CERTIFICATES;
    if (profile->genuine != PROFILE_GENUINE_UNCHECKED || profile->listed != PROFILE_LISTED_UNCHECKED ||
        profile->rehearsal != PROFILE_REHEARSAL_REFUSED || profile->mark_slot != 0)
        return PROFILE_BINARY_VERSION_SUPPLY;
    for (size_t i = 0; i < profile->key_count; i++)
        if (profile->keys[i].csr_subject[0] != '\0')
            return PROFILE_BINARY_VERSION_CSR;
    return PROFILE_BINARY_VERSION;
}

static bool binary_put_profile(struct binary_sink *sink, const struct profile *profile)
{
    const uint8_t supply[BINARY_SUPPLY_BYTES] = {(uint8_t)(profile->genuine | profile->listed << BINARY_LISTED_SHIFT),
                                                 (uint8_t)profile->rehearsal, profile->mark_slot};
    uint8_t header[BINARY_HEADER_BYTES];

    if (profile->key_count > PROFILE_KEYS_MAX || profile->write_key_count > PROFILE_WRITE_KEYS_MAX ||
        profile->certificate_count > PROFILE_CERTIFICATES_MAX || profile_data_count(profile) > PROFILE_DATA_MAX)
        return false;
    memcpy(header, binary_magic, sizeof(binary_magic));
    header[4] = binary_version(profile);
    header[5] = profile->parts >> BINARY_PARTS_SHIFT & BINARY_PARTS;
    header[6] = (uint8_t)profile->configuration;
    header[7] = profile->i2c_address;
    header[8] = (uint8_t)((profile->lock_config ? FLAG_LOCK_CONFIG : 0) | (profile->lock_data ? FLAG_LOCK_DATA : 0));
    header[9] = (uint8_t)profile->key_count;
    header[10] = (uint8_t)profile->write_key_count;
    binary_put(sink, header, sizeof(header));
    binary_put_text(sink, profile->name, PROFILE_NAME_MAX);
    if (header[4] >= PROFILE_BINARY_VERSION_SUPPLY)
        binary_put(sink, supply, sizeof(supply));
    for (size_t i = 0; i < profile->key_count; i++)
        binary_put_key(sink, header[4], &profile->keys[i]);
    binary_put_write_keys(sink, profile);
    if (header[4] >= PROFILE_BINARY_VERSION_CERTIFICATES)
        binary_put_certificates(sink, header[4], profile);
    if (header[4] >= PROFILE_BINARY_VERSION_PROOF)
        binary_put_data(sink, header[4], profile);
    if (profile_bytes(profile) != NULL)
        binary_put_bytes(sink, profile_bytes(profile));
    return sink->good;
}

static bool binary_write_into_buffer(void *context, const void *data, size_t len)
{
    return bytes_append(context, bytes_of(data, len));
}

bool profile_encode(const struct profile *profile, struct bytes_out *out)
{
    struct binary_sink sink = {.write = binary_write_into_buffer, .context = out, .good = true};
    size_t start = out->len;

    if (binary_put_profile(&sink, profile))
        return true;
    out->len = start; /* cppcheck-suppress redundantAssignment ; the sink has moved it */
    return false;
}

static bool binary_write_into_hash(void *context, const void *data, size_t len)
{
    return psa_hash_update(context, data, len) == PSA_SUCCESS;
}

bool profile_digest(const struct profile *profile, uint8_t digest[static PROFILE_DIGEST_BYTES])
{
    psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
    struct binary_sink sink = {.write = binary_write_into_hash, .context = &operation, .good = true};
    size_t len = 0;
    bool done = psa_hash_setup(&operation, PSA_ALG_SHA_256) == PSA_SUCCESS && binary_put_profile(&sink, profile) &&
                psa_hash_finish(&operation, digest, PROFILE_DIGEST_BYTES, &len) == PSA_SUCCESS;

    (void)psa_hash_abort(&operation);
    return done;
}
