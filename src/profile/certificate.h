/* SPDX-License-Identifier: Apache-2.0 */
/* The certificates of a profile, and the templates that they ask for (cert/form.h). */
#ifndef IMPRINT_PROFILE_CERTIFICATE_H
#define IMPRINT_PROFILE_CERTIFICATE_H

#include "cert/form.h"
#include "cert/parts.h"
#include "profile/profile.h"

/* `valid` of a certificate: PROFILE_VALID_NEVER ends it never, up to PROFILE_VALID_YEARS_MAX years, else YYYYMMDD. */
#define PROFILE_VALID_NEVER 0
#define PROFILE_VALID_YEARS_MAX 127
#define PROFILE_VALID_DAY_MIN 20000101
#define PROFILE_VALID_DAY_MAX 99991231

/* The years for cert_dates_from(), and the last day for cert_dates_text() and cert_make_form(): one of them is 0. */
uint8_t profile_certificate_years(const struct profile_certificate *certificate);
uint32_t profile_certificate_last_day(const struct profile_certificate *certificate);

/* The index of the certificate's key in profile->keys; PROFILE_KEYS_MAX: no key has that name. */
size_t profile_certificate_key(const struct profile *profile, const struct profile_certificate *certificate);

/* The certificate of the key with this index; NULL: it gets none. */
const struct profile_certificate *profile_certificate_of(const struct profile *profile, size_t key);

/* The extensions that it has by its kind. */
uint32_t profile_certificate_extensions(const struct profile_certificate *certificate);

/* Whether it is kept in slots of the chip. */
bool profile_certificate_in_chip(const struct profile_certificate *certificate);

/*
 * The certificate's subject as text for the chip with this serial number, with what the kind adds to it. False with
 * ERROR_USAGE.
 */
bool profile_certificate_subject(const struct profile_certificate *certificate,
                                 const uint8_t serial[static CHIP_SERIAL_BYTES],
                                 char text[static PROFILE_SUBJECT_TEXT_MAX], struct error *err);

/*
 * Makes the template of the certificate that the issuer with the certificate `issuer` gives out with these dates.
 * False with the field of the certificate as subject where it cannot be. For a checked profile that happens only where
 * the issuer's name is too long, or is not the one that the kind demands: a Matter attestation intermediate has the
 * vendor id, and the product id where it has one. `issuer` NULL: none is known yet, which checks the profile.
 */
bool profile_certificate_form(const struct profile_certificate *certificate, const struct cert_parts *issuer,
                              const struct cert_dates *dates, struct cert_form *form, struct error *err);

#endif
