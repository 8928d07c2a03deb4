/* SPDX-License-Identifier: Apache-2.0 */
#include "signer/authority.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/error_format.h"
#include "cert/algorithm.h"
#include "cert/check_certificate.h"
#include "cert/der.h"
#include "cert/signature.h"

/* Our own signers have no ID of Microchip's: "FFFF" (DS20006367A, 2.6). */
static const uint8_t signer_id[2] = {0xff, 0xff};

static bool refuse(const char *cause, const char *next, struct error *err)
{
    error_set(err, ERROR_ISSUER_INVALID, cause, next);
    return false;
}

/* --- building --- */

static bool make_dates(const struct signer_order *order, const char *begins, struct cert_dates *dates,
                       struct error *err)
{
    return cert_dates_from(begins, profile_certificate_years(&order->certificate), dates) ||
           refuse("this machine has no clock that a certificate could begin with", "set the clock: date -u shows it",
                  err);
}

bool signer_authority_build(const struct signer_ca *ca, const struct signer_order *order,
                            const uint8_t point[static P256_POINT_BYTES],
                            const uint8_t serial[static CHIP_SERIAL_BYTES], const char *begins, struct bytes_out *tbs,
                            struct error *err)
{
    const struct cert_subject subject = {
        .public_key = point + 1, .issuer_key = ca->parts.public_key, .chip_serial = serial};
    struct cert_compressed compressed = {.serial_source = CERT_SERIAL_KEY_HASH};
    struct cert_form form;

    memcpy(compressed.signer_id, signer_id, sizeof compressed.signer_id);
    if (!make_dates(order, begins, &compressed.dates, err) ||
        !profile_certificate_form(&order->certificate, &ca->parts, &compressed.dates, &form, err))
        return false;
    if (cert_build_tbs(&form.form, &compressed, &subject, tbs))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the certificate cannot be built", NULL);
    return false;
}

bool signer_authority_sign(const struct signer_ca *ca, struct bytes tbs, struct bytes_out *der, struct error *err)
{
    uint8_t signature[P256_SIGNATURE_BYTES], bits[CERT_SIGNATURE_MAX];
    size_t len;

    if (issuer_sign(ca->issuer, tbs, signature, err) != ISSUER_DONE)
        return false;
    len = cert_write_signature(bits, signature);
    if (der_put_header(der, DER_SEQUENCE, tbs.len + sizeof cert_signature_algorithm + len) && bytes_append(der, tbs) &&
        bytes_append(der, bytes_of(cert_signature_algorithm, sizeof cert_signature_algorithm)) &&
        bytes_append(der, bytes_of(bits, len)))
        return true;
    error_set(err, ERROR_UNEXPECTED, "the certificate is longer than it can be", NULL);
    return false;
}

/* --- time --- */

bool signer_authority_check_time(const struct signer_ca *ca, const struct signer_order *order, const char *now,
                                 struct error *err)
{
    const uint32_t last_day = profile_certificate_last_day(&order->certificate);
    char not_before[CERT_TIME_DIGITS + 1], not_after[CERT_TIME_DIGITS + 1];
    struct cert_dates dates;

    if (!make_dates(order, now, &dates, err))
        return false;
    cert_dates_text(&dates, last_day, not_before, not_after);
    if (strcmp(now, ca->parts.not_before) < 0 || strcmp(now, ca->parts.not_after) > 0)
        return refuse("the signer's clock is outside the validity of the issuer's certificate",
                      "set the clock: date -u shows it; or renew the issuer's certificate", err);
    if (strcmp(not_after, now) < 0)
        return refuse("the certificate would have ended already", "correct `valid` in the rule file", err);
    if (strcmp(not_after, ca->parts.not_after) <= 0 || order->certificate.outlives_issuer)
        return true;
    return refuse("the certificate would end after its issuer's, and then be worth nothing",
                  "shorten `valid`, use an issuer that lasts longer, or write outlives-issuer: true in the rule file",
                  err);
}

/* --- opening --- */

const struct signer_ca *signer_authority_of(const struct signer_authority *authority, const struct signer_order *order)
{
    for (size_t i = 0; i < authority->count; i++)
        if (strcmp(authority->cas[i].name, order->certificate.issuer) == 0)
            return &authority->cas[i];
    return NULL;
}

static bool check_issuer(struct signer_ca *ca, struct error *err)
{
    if (!issuer_signs(ca->issuer))
        return refuse("this issuer is somebody else's, which builds certificates itself",
                      "name an issuer of kind file or pkcs11 in the rule file", err);
    return cert_read_parts(issuer_certificate(ca->issuer), &ca->parts) ||
           refuse("the issuer's certificate cannot be read", NULL, err);
}

static bool open_issuer(struct signer_authority *authority, const struct issuers *issuers, const char *name,
                        const struct issuer_prompt *prompt, struct error *err)
{
    const struct issuer_config *found = issuers_find(issuers, name, err);
    struct signer_ca *ca = &authority->cas[authority->count];
    struct issuer_config config;

    if (found == NULL)
        return false;
    config = *found;
    config.prompt = *prompt;
    (void)snprintf(ca->name, sizeof ca->name, "%s", name);
    if (!issuer_open(&config, &ca->issuer, err))
        return false;
    authority->count++;
    return check_issuer(ca, err);
}

/* Builds a certificate for a key that nobody has: whatever the template cannot do is found now. */
static bool check_order(const struct signer_ca *ca, const struct signer_order *order, struct error *err)
{
    static const uint8_t serial[CHIP_SERIAL_BYTES] = {0x01, 0x23};
    uint8_t room[CERT_TBS_MAX], point[P256_POINT_BYTES] = {P256_UNCOMPRESSED};
    struct bytes_out tbs = {.data = room, .cap = sizeof room};
    const time_t seconds = time(NULL);
    char now[CERT_TIME_DIGITS + 1];
    struct tm tm;

    memcpy(point + 1, ca->parts.public_key, CERT_KEY_BYTES);
    if (gmtime_r(&seconds, &tm) != NULL && strftime(now, sizeof now, "%Y%m%d%H%M%S", &tm) == CERT_TIME_DIGITS &&
        signer_authority_check_time(ca, order, now, err) &&
        signer_authority_build(ca, order, point, serial, now, &tbs, err))
        return true;
    error_doing(err, "prepare the order");
    error_replace_subject(err, order->certificate.name);
    return false;
}

bool signer_authority_open(struct signer_authority *authority, const struct signer_rules *rules,
                           const struct issuer_prompt *prompt, struct error *err)
{
    struct issuers *issuers = NULL;
    bool ok = issuers_read(rules->issuers, &issuers, err);

    for (size_t i = 0; ok && i < rules->order_count; i++) {
        const struct signer_order *order = &rules->orders[i];

        ok = signer_authority_of(authority, order) != NULL ||
             open_issuer(authority, issuers, order->certificate.issuer, prompt, err);
        ok = ok && check_order(signer_authority_of(authority, order), order, err);
    }
    issuers_free(issuers);
    return ok;
}

void signer_authority_close(struct signer_authority *authority)
{
    for (size_t i = 0; i < authority->count; i++)
        issuer_close(authority->cas[i].issuer);
    authority->count = 0;
}

bool signer_authority_is_own_key(const struct signer_authority *authority, const uint8_t point[static P256_POINT_BYTES])
{
    for (size_t i = 0; i < authority->count; i++) {
        uint8_t own[P256_POINT_BYTES];
        struct bytes der;

        for (size_t j = 0; (der = issuer_chain(authority->cas[i].issuer, j)).len != 0; j++)
            if (cert_check_read_key(der, own) && memcmp(own, point, sizeof own) == 0)
                return true;
    }
    return false;
}
