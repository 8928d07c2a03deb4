/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs a handshake of TLS 1.3 for a connection that the station makes: the station has the network, the chip the key.
 * What the key signs is put together here, from the hash of the handshake's messages, so that the signature serves as a
 * client's in such a handshake, and as nothing else. Only images of profiles with `prove: tls` have this code.
 */
#include "firmware/factory/factory.h"

#include <string.h>

#include "base/hex.h"
#include "profile/certificate.h"
#include "psa/keys.h"

/* What a client signs (RFC 8446, 4.4.3): 64 blanks, a text with its NUL, the hash of the messages so far. */
#define BLANKS 64
#define HASH_BYTES_MAX 48 /* of SHA-384; the other suites have SHA-256 */
#define HASH_BYTES_MIN 32
static const char context[] = "TLS 1.3, client CertificateVerify";

static bool build_message(const char *hash, struct bytes_out *message)
{
    memset(message->data, ' ', BLANKS);
    memcpy(message->data + BLANKS, context, sizeof context);
    message->len = BLANKS + sizeof context;
    return hex_decode(hash, strlen(hash), message, NULL) &&
           (message->len == BLANKS + sizeof context + HASH_BYTES_MIN || message->len == message->cap);
}

/* Whether the key with this id gets a certificate that a connection is to prove. */
static bool may_connect(const struct profile *profile, uint32_t id)
{
    for (size_t i = 0; i < profile->certificate_count; i++) {
        const struct profile_certificate *certificate = &profile->certificates[i];

        if (certificate->prove == PROFILE_PROVE_TLS &&
            profile->keys[profile_certificate_key(profile, certificate)].id == id)
            return true;
    }
    return false;
}

/* The plan that was armed has no use for this signature. */
static bool counts_uses(const struct factory *factory, uint32_t id)
{
    for (size_t i = 0; i < factory->plan.step_count; i++) {
        const struct provision_step *step = &factory->plan.steps[i];

        if (step->limited && step->key != PROVISION_NO_KEY && factory->compiled->profile.keys[step->key].id == id)
            return true;
    }
    return false;
}

bool factory_sign_handshake(struct factory *factory, const struct link_words *words, struct error *err)
{
    uint8_t text[BLANKS + sizeof context + HASH_BYTES_MAX], signature[P256_SIGNATURE_BYTES];
    struct bytes_out message = {.data = text, .cap = sizeof text};
    struct link_frame frame;
    psa_status_t status;
    uint32_t id;

    if (factory->provision.nonce == NULL || words->count != 3 || !link_parse_number(words->word[1], UINT32_MAX, &id) ||
        !may_connect(&factory->compiled->profile, id) || counts_uses(factory, id) ||
        !build_message(words->word[2], &message))
        return console_refuse_words(
            "expected: report ID HASH, after a run with a nonce (32 or 48 bytes in hex; a key that "
            "does not count its uses, whose certificate has prove: tls)",
            NULL, err);
    status = keys_sign_message(&factory->platform.driver, id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), bytes_written(&message),
                               signature, err);
    if (status != PSA_SUCCESS) {
        platform_psa_failed(&factory->platform, status, "sign the handshake", err);
        error_with_key(err, id);
        return false;
    }
    frame = console_begin_frame("handshake");
    link_add_number(&frame, "id", id);
    link_add_hex(&frame, "signature", bytes_of(signature, sizeof signature));
    link_end(&frame);
    return true;
}
