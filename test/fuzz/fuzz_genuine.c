/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as what a part, or a board in its place, shows of its maker: nine bytes serial number, one byte that
 * says which items are there, then the items one after the other. What must hold: what is not proven says why; and what
 * is proven, GnuTLS finds too: both certificates, up to a root that is known, this serial number in the device's, and
 * the signature over this station's challenge.
 */
#include "test/fuzz/fuzz.h"

#include <string.h>

#include "base/hex.h"
#include "cert/check_certificate.h"
#include "link/proof.h"
#include "station/genuine.h"
#include "station/verifier.h"

static struct verifier verifier;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct error err = {.reason = ERROR_NONE};

    (void)argc;
    (void)argv;
    require(verifier_start(&verifier, &err));
    return 0;
}

static struct bytes bytes_of_certificate(const struct genuine_certificate *certificate)
{
    return bytes_of(certificate->der, certificate->len);
}

static bool ends_at_a_known_root(const struct genuine *genuine)
{
    uint8_t issuer[P256_POINT_BYTES] = {P256_UNCOMPRESSED};

    for (size_t i = 0; i < cert_maker_root_count; i++) {
        memcpy(issuer + 1, cert_maker_roots[i].key, CERT_KEY_BYTES);
        if (cert_check_issued(bytes_of_certificate(&genuine->signer), issuer))
            return cert_maker_roots[i].is_virtual == (genuine->result == GENUINE_VIRTUAL);
    }
    return false;
}

static void check_proven(const struct genuine *genuine, const struct genuine_shown *shown)
{
    uint8_t text[LINK_PROOF_MAX], issuer[P256_POINT_BYTES], key[P256_POINT_BYTES];
    struct bytes_out message = {.data = text, .cap = sizeof text};
    char serial[HEX_SIZE(CHIP_SERIAL_BYTES)];

    hex_encode(bytes_of(shown->serial, sizeof shown->serial), serial);
    require(cert_check_read_key(bytes_of_certificate(&genuine->signer), issuer) &&
            cert_check_read_key(bytes_of_certificate(&genuine->device), key));
    require(cert_check_issued(bytes_of_certificate(&genuine->device), issuer) && ends_at_a_known_root(genuine));
    require(cert_check_subject_has(bytes_of_certificate(&genuine->device), serial));
    require(link_proof_text(shown->serial, CERT_MAKER_KEY_ID, bytes_of(shown->challenge, sizeof shown->challenge),
                            &message));
    require(memcmp(key, genuine->public_key, sizeof key) == 0 &&
            cert_check_signature(key, "sha-256", bytes_written(&message), genuine->signature));
}

/* Takes up to `len` bytes; the rest stays zero. */
static void take(struct bytes *rest, uint8_t *to, size_t len)
{
    const size_t taken = rest->len < len ? rest->len : len;

    if (taken > 0)
        memcpy(to, rest->data, taken);
    *rest = bytes_of(rest->data + taken, rest->len - taken);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes rest = bytes_of(data, size);
    struct genuine_shown shown;
    struct genuine genuine;
    uint8_t there = 0;

    memset(&shown, 0, sizeof shown);
    memset(shown.challenge, 0x5a, sizeof shown.challenge);
    take(&rest, shown.serial, sizeof shown.serial);
    take(&rest, &there, 1);
    for (int item = 0; item < GENUINE_ITEMS; item++) {
        shown.has[item] = (there >> item & 1) != 0;
        take(&rest, shown.item[item], genuine_item_bytes((enum genuine_item)item));
    }
    memset(&genuine, 0, sizeof genuine);
    genuine_judge(&genuine, &shown);
    if (genuine_is_proven(&genuine))
        check_proven(&genuine, &shown);
    else
        require(genuine.result == GENUINE_UNPROVEN && genuine.cause != NULL);
    return 0;
}
