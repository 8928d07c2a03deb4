/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/factory/certificates.h"

#include <string.h>

#include "base/hex.h"
#include "cert/der.h"
#include "cert/parts.h"
#include "chip/operations.h"
#include "crypto/hash.h"
#include "firmware/factory/factory.h"
#include "profile/certificate.h"
#include "psa/keys.h"

#define BLOCK_BYTES 32
#define BLOCKS 3           /* that PROVISION_CERTIFICATE_BYTES reach into */
#define CHECK_HASH_BYTES 8 /* of the SHA-256 of the whole, which ends it */

/* ---- from the station ---- */

/* The profile's certificate for the key with this id, as an index; false where it has none. */
static bool find(const struct profile *profile, const char *id_text, size_t *index)
{
    uint32_t id;

    if (!link_parse_number(id_text, UINT32_MAX, &id))
        return false;
    for (size_t i = 0; i < profile->certificate_count; i++) {
        const size_t key = profile_certificate_key(profile, &profile->certificates[i]);

        if (profile->keys[key].id == id) {
            *index = i;
            return true;
        }
    }
    return false;
}

static size_t slots_used(const struct profile_certificate *certificate)
{
    uint8_t slots[CERTIFICATE_SLOTS];
    size_t used = 0;

    certificate_slots(certificate, slots);
    for (size_t i = 0; i < CERTIFICATE_SLOTS; i++)
        used += slots[i] != 0;
    return used;
}

static size_t most_bytes(const struct profile_certificate *certificate)
{
    return PROVISION_CERTIFICATE_MAX + slots_used(certificate) * PROVISION_CERTIFICATE_BYTES;
}

/* A piece that comes again is taken again; the first one begins anew. The whole has at most `most` bytes. */
static bool take_piece(struct factory_certificate *room, size_t most, const struct link_words *words, struct error *err)
{
    struct bytes_out out = {.data = room->bytes};
    uint32_t at, of;

    room->der_len = 0;
    if (!link_parse_number(words->word[2], (uint32_t)most, &at) ||
        !link_parse_number(words->word[3], (uint32_t)most, &of) || at > of)
        return console_refuse_words("a board takes no certificate that long",
                                    "have one with fewer extensions issued: 1280 bytes at most", err);
    if (at > room->len)
        return console_refuse_words("a piece before this one is missing", "send the certificate from its beginning",
                                    err);
    out.len = at;
    out.cap = of;
    if (!hex_decode(words->word[4], strlen(words->word[4]), &out, NULL))
        return console_refuse_words("the piece is no hex digits, or longer than the certificate", NULL, err);
    room->len = out.len;
    return true;
}

/* Whether `room` holds a certificate in DER, and behind it just what its slots take. */
static bool is_whole(const struct factory_certificate *room, const struct profile_certificate *certificate,
                     size_t *der_len)
{
    const struct bytes all = bytes_of(room->bytes, room->len);
    struct bytes rest = all, der;

    if (!der_take_any(&rest, &der) || rest.len != slots_used(certificate) * PROVISION_CERTIFICATE_BYTES)
        return false;
    *der_len = der.len;
    return true;
}

/* Ends a certificate: all of it has come as it was sent, or none is there. */
static bool end(struct factory_certificate *room, const struct profile_certificate *certificate, const char *hash_text,
                struct error *err)
{
    const struct bytes all = bytes_of(room->bytes, room->len);
    uint8_t said[CHECK_HASH_BYTES], hash[CRYPTO_SHA256_BYTES];
    struct bytes_out out = {.data = said, .cap = sizeof said};

    room->der_len = 0;
    if (hex_decode(hash_text, strlen(hash_text), &out, NULL) && out.len == sizeof said &&
        crypto_sha256(&all, 1, hash) && memcmp(said, hash, sizeof said) == 0 &&
        is_whole(room, certificate, &room->der_len))
        return true;
    error_set(err, ERROR_DEVICE_GARBLED, "the certificate did not arrive as it was sent",
              "send it again from its beginning");
    error_doing(err, "take the certificate");
    return false;
}

static bool take(struct factory_certificates *certificates, const struct link_words *words, struct error *err)
{
    const struct profile_certificate *certificate;
    struct factory_certificate *room;
    size_t index;

    if (words->count == 1) {
        for (size_t i = 0; i < certificates->profile->certificate_count; i++)
            certificates->rooms[i].len = certificates->rooms[i].der_len = 0;
        return true;
    }
    if ((words->count != 3 && words->count != 5) || !find(certificates->profile, words->word[1], &index))
        return console_refuse_words("expected: certificate, certificate ID AT OF DATA, or certificate ID HASH",
                                    "ID is a key that gets a certificate", err);
    room = &certificates->rooms[index];
    certificate = &certificates->profile->certificates[index];
    return words->count == 5 ? take_piece(room, most_bytes(certificate), words, err)
                             : end(room, certificate, words->word[2], err);
}

/* ---- to the engine ---- */

/* What has come for slot number `n` of the certificate. */
static const uint8_t *content_of(const struct factory_certificate *room, size_t n)
{
    return room->bytes + room->der_len + n * PROVISION_CERTIFICATE_BYTES;
}

/* The certificate must be for the key that the chip has, and what its slot is to hold must have its signature. */
static bool is_for(const struct factory_certificate *room, const struct profile_certificate *certificate,
                   const uint8_t point[static P256_POINT_BYTES])
{
    struct cert_parts parts;

    return cert_read_parts(bytes_of(room->bytes, room->der_len), &parts) &&
           memcmp(parts.public_key, point + 1, CERT_KEY_BYTES) == 0 &&
           (certificate->slot == 0 || memcmp(content_of(room, 0), parts.signature, sizeof parts.signature) == 0);
}

static bool get_certificate(void *context, size_t index, const uint8_t serial[static CHIP_SERIAL_BYTES],
                            const uint8_t point[static P256_POINT_BYTES], bool issue, struct bytes *der,
                            struct error *err)
{
    struct factory_certificates *certificates = context;
    const struct factory_certificate *room = &certificates->rooms[index];

    (void)serial;
    *der = bytes_of(room->bytes, room->der_len);
    if (room->der_len == 0 && issue) {
        certificates->awaited = index;
        error_set(err, ERROR_CERTIFICATE_AWAITED, "a station issues the certificate",
                  "run the board from a station: imprint board provision");
        return false;
    }
    if (room->der_len == 0 || is_for(room, &certificates->profile->certificates[index], point))
        return true;
    error_set(err, ERROR_CERTIFICATE_DIFFERS, "the certificate from the station is not for the key in this chip",
              "nothing of it was written; find out which device the station means");
    return false;
}

static bool get_slot(void *context, uint8_t slot, uint8_t content[static PROVISION_CERTIFICATE_BYTES])
{
    const struct factory_certificates *certificates = context;
    uint8_t slots[CERTIFICATE_SLOTS];

    for (size_t i = 0; i < certificates->profile->certificate_count; i++) {
        size_t used = 0;

        certificate_slots(&certificates->profile->certificates[i], slots);
        for (size_t n = 0; n < CERTIFICATE_SLOTS; n++) {
            if (slots[n] == slot && slot != 0 && certificates->rooms[i].der_len != 0) {
                memcpy(content, content_of(&certificates->rooms[i], used), PROVISION_CERTIFICATE_BYTES);
                return true;
            }
            used += slots[n] != 0;
        }
    }
    return false;
}

/* ---- back to the station ---- */

/*
 * For an issuer that wants the key's own signature under a request (PKCS#10), such as EST. What the request is to ask
 * for comes first, in pieces, where the certificate is to come later. Key and subject are not the station's to choose.
 */
static bool request(struct factory *factory, const struct link_words *words, struct error *err)
{
    const struct profile *profile = &factory->compiled->profile;
    struct factory_certificate *room;
    char subject[PROFILE_SUBJECT_TEXT_MAX];
    struct bytes attributes;
    size_t index, key;

    if ((words->count != 2 && words->count != 5) || !find(profile, words->word[1], &index))
        return console_refuse_words("expected: csr ID AT OF DATA, or csr ID", "ID is a key that gets a certificate",
                                    err);
    room = &factory->certificates->rooms[index];
    if (words->count == 5)
        return take_piece(room, sizeof room->bytes, words, err);
    attributes = bytes_of(room->bytes, room->len);
    room->len = room->der_len = 0;
    key = profile_certificate_key(profile, &profile->certificates[index]);
    return profile_certificate_subject(&profile->certificates[index], factory->plan.serial, subject, err) &&
           factory_send_request(factory, &profile->keys[key], subject, attributes, err);
}

static bool report_slot(struct factory *factory, uint32_t id, uint8_t slot, struct error *err)
{
    uint8_t found[BLOCKS * BLOCK_BYTES];
    struct link_frame frame;

    for (uint8_t block = 0; block < BLOCKS; block++) {
        if (chip_read_slot_block(&factory->platform.chip, slot, block, found + block * BLOCK_BYTES, err) == CHIP_OK)
            continue;
        error_doing(err, "read the certificate back");
        error_at_slot(err, slot);
        return false;
    }
    frame = console_begin_frame("certificate");
    link_add_number(&frame, "id", id);
    link_add_number(&frame, "slot", slot);
    link_add_hex(&frame, "data", bytes_of(found, PROVISION_CERTIFICATE_BYTES));
    link_end(&frame);
    return true;
}

static bool report_whole(struct factory *factory, uint32_t id, uint32_t psa_id, struct error *err)
{
    uint8_t found[PROVISION_CERTIFICATE_MAX];
    size_t len = 0;
    psa_status_t status;

    keys_forget_reason(&factory->platform.driver);
    status = psa_export_key(psa_id, found, sizeof found, &len);
    if (status != PSA_SUCCESS) {
        platform_psa_failed(&factory->platform, status, "read the certificate back", err);
        error_with_key(err, psa_id);
        return false;
    }
    console_print("certificate of key ");
    console_print_number(id);
    console_print("\n");
    console_print_pem("CERTIFICATE", bytes_of(found, len));
    factory_send_data("certificate", id, bytes_of(found, len));
    return true;
}

static bool report(struct factory *factory, struct error *err)
{
    const struct profile *profile = &factory->compiled->profile;
    bool ok = true;

    for (size_t i = 0; i < profile->certificate_count && ok; i++) {
        const struct profile_certificate *certificate = &profile->certificates[i];
        const uint32_t id = profile->keys[profile_certificate_key(profile, certificate)].id;
        uint8_t slots[CERTIFICATE_SLOTS];

        certificate_slots(certificate, slots);
        for (size_t n = 0; n < CERTIFICATE_SLOTS && ok; n++)
            ok = slots[n] == 0 || report_slot(factory, id, slots[n], err);
        ok = ok && (certificate->psa_id == 0 || report_whole(factory, id, certificate->psa_id, err));
    }
    return ok;
}

const struct factory_certificate_functions factory_certificate_functions = {
    .take = take,
    .request = request,
    .report = report,
    .get = get_certificate,
    .slot = get_slot,
};
