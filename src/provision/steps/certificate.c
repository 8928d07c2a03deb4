/* SPDX-License-Identifier: Apache-2.0 */
#include "provision/steps/certificate.h"

#include <string.h>

#include "cert/template.h"
#include "chip/operations.h"
#include "profile/certificate.h"
#include "provision/status.h"
#include "psa/keys.h"

#define BLOCK_BYTES 32
#define BLOCKS 3 /* that 72 bytes reach into */

_Static_assert(PROVISION_CERTIFICATE_BYTES == CERT_COMPRESSED_BYTES && BLOCKS * BLOCK_BYTES >= CERT_COMPRESSED_BYTES,
               "a slot's content is a compressed certificate, or as long");

const struct profile_certificate *certificate_of_key(const struct profile *profile, int key, size_t *index)
{
    const struct profile_certificate *certificate = profile_certificate_of(profile, (size_t)key);

    if (index != NULL)
        *index = (size_t)(certificate - profile->certificates);
    return certificate;
}

void certificate_slots(const struct profile_certificate *certificate, uint8_t slots[static CERTIFICATE_SLOTS])
{
    slots[0] = certificate->slot;
    slots[1] = certificate->signer_key_slot;
    slots[2] = certificate->signer_slot;
}

static bool is_blank(struct bytes found)
{
    return bytes_all(found, 0xff) || bytes_all(found, 0x00);
}

/*
 * Whether a power cut can have left this of a blank block that was being written: every bit is the old or the new one.
 * Another certificate has other bits, too.
 */
static bool is_part(const uint8_t *found, const uint8_t *wanted, size_t len)
{
    bool from_ones = true, from_zeros = true;

    for (size_t i = 0; i < len; i++) {
        from_ones = from_ones && (wanted[i] & ~found[i]) == 0;
        from_zeros = from_zeros && (found[i] & ~wanted[i]) == 0;
    }
    return from_ones || from_zeros;
}

bool certificate_place_is_taken(enum certificate_place place)
{
    return place == CERTIFICATE_OTHER || place == CERTIFICATE_STRANGER;
}

/* Of what is not the content: whether it is a compressed certificate, as the maker's and other issuers' are. */
static enum certificate_place other(const uint8_t found[static PROVISION_CERTIFICATE_BYTES])
{
    struct cert_compressed ignored;

    return cert_compressed_read(found, &ignored) ? CERTIFICATE_STRANGER : CERTIFICATE_OTHER;
}

static enum certificate_place compare(const uint8_t found[static PROVISION_CERTIFICATE_BYTES], const uint8_t *content)
{
    enum certificate_place place = CERTIFICATE_SAME;

    if (content == NULL)
        return is_blank(bytes_of(found, PROVISION_CERTIFICATE_BYTES)) ? CERTIFICATE_BLANK : other(found);
    for (size_t at = 0; at < PROVISION_CERTIFICATE_BYTES; at += BLOCK_BYTES) {
        const size_t left = PROVISION_CERTIFICATE_BYTES - at, len = left < BLOCK_BYTES ? left : BLOCK_BYTES;

        if (memcmp(found + at, content + at, len) == 0)
            continue;
        if (!is_part(found + at, content + at, len))
            return other(found);
        place = CERTIFICATE_BLANK;
    }
    return place;
}

bool certificate_compare_slot(struct provision *provision, uint8_t slot, const uint8_t *content,
                              enum certificate_place *place, struct error *err)
{
    uint8_t found[BLOCKS * BLOCK_BYTES];

    for (uint8_t block = 0; block < BLOCKS; block++) {
        if (chip_read_slot_block(provision->driver->chip, slot, block, found + block * BLOCK_BYTES, err) == CHIP_OK)
            continue;
        error_at_slot(err, slot);
        return false;
    }
    *place = compare(found, content);
    return true;
}

bool certificate_compare_psa(struct provision *provision, uint32_t key_id, struct bytes der,
                             enum certificate_place *place, struct error *err)
{
    uint8_t found[PROVISION_CERTIFICATE_MAX];
    size_t len = 0;
    psa_status_t status;

    keys_forget_reason(provision->driver);
    status = psa_export_key(key_id, found, sizeof found, &len);
    *place = status == PSA_ERROR_INVALID_HANDLE || status == PSA_ERROR_DOES_NOT_EXIST ? CERTIFICATE_BLANK
             : status == PSA_SUCCESS && bytes_equal(bytes_of(found, len), der)        ? CERTIFICATE_SAME
                                                                                      : CERTIFICATE_OTHER;
    /* A key of another kind, or longer, is another; what cannot be read is a failure of the store. */
    if (status == PSA_SUCCESS || *place == CERTIFICATE_BLANK || status == PSA_ERROR_NOT_PERMITTED ||
        status == PSA_ERROR_BUFFER_TOO_SMALL || status == PSA_ERROR_NOT_SUPPORTED)
        return true;
    (void)provision_psa_failed(provision, status, NULL, err);
    error_with_key(err, key_id);
    return false;
}
