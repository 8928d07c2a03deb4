/* SPDX-License-Identifier: Apache-2.0 */
#include "station/certificate_rebuild.h"

#include <string.h>

#include <psa/crypto.h>

#include "chip/operations.h"
#include "station/issuers_file.h"

#define BLOCK_BYTES 32
#define BLOCKS 3 /* that 72 bytes reach into */

/* What the device holds. */
struct held {
    bool in_slot;                          /* `content` is there */
    uint8_t content[BLOCKS * BLOCK_BYTES]; /* of the slot */
    size_t len;                            /* of `data`; 0: there is none */
    uint8_t data[PROVISION_CERTIFICATE_MAX];
};

/* Before the data lock no slot can be read. */
static bool read_slot(struct device *device, uint8_t slot, struct held *held)
{
    struct cert_compressed ignored;
    struct error none = {.reason = ERROR_NONE};

    if (slot == 0 || !chip_data_is_locked(&device->config) ||
        (chip_slot_can(&device->config, slot) & CHIP_CAN_READ_CLEAR) == 0)
        return false;
    for (uint8_t block = 0; block < BLOCKS; block++)
        if (chip_read_slot_block(&device->chip, slot, block, held->content + block * BLOCK_BYTES, &none) != CHIP_OK)
            return false; /* the engine reads it, too, and says why */
    return cert_compressed_read(held->content, &ignored);
}

static void read_held(struct device *device, const struct profile_certificate *certificate, struct held *held)
{
    if (certificate->psa_id == 0 ||
        psa_export_key(certificate->psa_id, held->data, sizeof held->data, &held->len) != PSA_SUCCESS)
        held->len = 0;
    held->in_slot = read_slot(device, certificate->slot, held);
}

/* Whether the PSA data are a certificate for this key, whoever issued it. */
static bool is_for_key(const struct held *held, const struct certificate_wanted *wanted)
{
    struct cert_parts parts;

    return held->len != 0 && cert_read_parts(bytes_of(held->data, held->len), &parts) &&
           memcmp(parts.public_key, wanted->point + 1, CERT_KEY_BYTES) == 0;
}

/* The issuer's certificate, without its key. */
static bool note_issuer(const struct station_config *config, struct certificate_wanted *wanted,
                        struct certificate_issued *issued, struct error *err)
{
    struct issuer *issuer = NULL;
    struct bytes certificate;
    bool ok = issuers_file_open_certificates(config, wanted->certificate->issuer, &issuer, err);

    if (ok) {
        certificate = issuer_certificate(issuer);
        ok = certificate.len <= sizeof issued->issuer;
        if (ok)
            memcpy(issued->issuer, certificate.data, certificate.len);
        issued->issuer_len = ok ? certificate.len : 0;
        ok = ok && cert_read_issuer_parts(bytes_of(issued->issuer, issued->issuer_len), &wanted->issuer);
        if (!ok)
            error_set(err, ERROR_ISSUER_INVALID,
                      "the issuer's certificate is longer than imprint keeps, or not on P-256", NULL);
    }
    issuer_close(issuer);
    return ok;
}

/* Whether this issuer is somebody else's and only its server knows its certificate. */
static bool is_unknown(const struct station_config *config, const char *name)
{
    struct error none = {.reason = ERROR_NONE};
    enum issuer_kind kind = ISSUER_FILE;
    struct issuer *issuer = NULL;
    bool unknown;

    if (!issuers_file_kind(config, name, &kind, &none) || kind != ISSUER_EST)
        return false;
    unknown = !issuers_file_open_certificates(config, name, &issuer, &none);
    issuer_close(issuer);
    return unknown;
}

static bool check(struct certificate_wanted *wanted, struct certificate_issued *issued)
{
    char room[ERROR_ROOM];
    struct error ignored = ERROR_IN(room);

    return certificate_check(wanted, issued, ERROR_CERTIFICATE_DIFFERS, &ignored);
}

static bool take_data(const struct held *held, struct certificate_wanted *wanted, struct certificate_issued *issued)
{
    memcpy(issued->der, held->data, held->len);
    issued->len = held->len;
    return held->len != 0 && check(wanted, issued);
}

/* From the dates and the signature in the slot, and all the rest from profile, chip and issuer. */
static bool take_slot(const struct held *held, struct certificate_wanted *wanted, struct certificate_issued *issued)
{
    struct bytes_out der = {.data = issued->der, .cap = sizeof issued->der};
    struct cert_compressed compressed;
    char room[ERROR_ROOM];
    struct error ignored = ERROR_IN(room);

    if (!held->in_slot || !cert_compressed_read(held->content, &compressed))
        return false;
    wanted->dates = compressed.dates;
    if (!certificate_check_make_form(wanted, &ignored) ||
        !certificate_check_build(wanted, compressed.signature, &der, &ignored))
        return false;
    issued->len = der.len;
    return check(wanted, issued) && memcmp(issued->compressed, held->content, CERT_COMPRESSED_BYTES) == 0;
}

bool certificate_rebuild(struct device *device, const struct station_config *config, struct certificate_wanted *wanted,
                         struct certificate_issued *issued, struct error *err)
{
    struct held held = {.len = 0};

    issued->len = 0;
    read_held(device, wanted->certificate, &held);
    if (held.len == 0 && !held.in_slot)
        return true;
    if (!is_for_key(&held, wanted) && is_unknown(config, wanted->certificate->issuer))
        return true;
    if (!note_issuer(config, wanted, issued, err))
        return false;
    issued->is_rebuilt = take_data(&held, wanted, issued);
    if (!issued->is_rebuilt && take_slot(&held, wanted, issued)) {
        issued->is_rebuilt = true;
        issued->rebuilt_slot = wanted->certificate->slot;
    }
    if (!issued->is_rebuilt)
        issued->len = 0;
    return true;
}
