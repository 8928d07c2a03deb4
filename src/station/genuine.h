/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who made the part: the certificates that the maker put on a Trust&GO or TrustFLEX part are read, rebuilt and verified
 * up to the maker's root, and the key that they certify signs a fresh challenge of this station's. Without the
 * signature a copy of the certificates would do. Sends only commands that change nothing; a key whose uses count is not
 * used.
 */
#ifndef IMPRINT_STATION_GENUINE_H
#define IMPRINT_STATION_GENUINE_H

#include <jansson.h>

#include "cert/maker.h"
#include "chip/chip.h"
#include "chip/config.h"

enum genuine_result {
    GENUINE_UNCHECKED = 0, /* nothing was read */
    GENUINE_MAKER,         /* Microchip made it */
    GENUINE_VIRTUAL,       /* the virtual maker did: the chain holds, and proves nothing */
    GENUINE_UNPROVEN,      /* `cause` says why */
};

/* A certificate as it was rebuilt; `len` 0: it was not. */
struct genuine_certificate {
    uint8_t der[CERT_MAX];
    size_t len;
};

struct genuine {
    enum genuine_result result;
    const char *cause; /* of GENUINE_UNPROVEN; a literal */
    const char *part;  /* the maker's name for this kind of part: "ATECC608-TNGTLS"; NULL: not known */
    const char *root;  /* whose root the chain ends at; NULL: at none that is known */
    struct genuine_certificate device, signer;
    uint8_t public_key[P256_POINT_BYTES]; /* of the key that the maker certified */
    uint8_t challenge[32];                /* random; its SHA-256 was signed */
    uint8_t signature[P256_SIGNATURE_BYTES];
    bool has_signature; /* challenge and signature are of this run */
};

/*
 * Looks at the chip whose config zone is `config`. PSA Crypto is started. False with the reason if the chip cannot be
 * reached; whatever it answers is a result.
 */
bool genuine_check(struct genuine *genuine, struct chip *chip, const struct chip_config *config, struct error *err);

/* The name of the result in records and JSON: "genuine", "virtual", "unproven"; "unchecked". */
const char *genuine_result_name(enum genuine_result result);

/* As a JSON object: result, cause, part and root; null where nothing was read. The caller's reference. */
json_t *genuine_object(const struct genuine *genuine);

/* For records: also the certificates, the challenge and the signature. */
json_t *genuine_record(const struct genuine *genuine);

/* For people: "genuine: ATECC608-TNGTLS, certified by Microchip, ...". */
#define GENUINE_TEXT_SIZE 192
void genuine_text(const struct genuine *genuine, char text[static GENUINE_TEXT_SIZE]);

#endif
