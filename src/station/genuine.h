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
    GENUINE_UNCHECKED = 0, /* nothing was read, or genuine_read_chain() read a chain that holds */
    GENUINE_MAKER,         /* Microchip made it */
    GENUINE_VIRTUAL,       /* the virtual maker did: the chain holds, and proves nothing */
    GENUINE_UNPROVEN,      /* `cause` says why */
};

/* A certificate as it was rebuilt; `len` 0: it was not. */
struct genuine_certificate {
    uint8_t der[CERT_MAX];
    size_t len;
};

/* What a part shows of its maker: read from the chip here, or by a board, whose word it then is. */
enum genuine_item {
    GENUINE_OTP,        /* block 0 of the OTP zone */
    GENUINE_DEVICE,     /* the device's certificate, compressed */
    GENUINE_SIGNER,     /* the signer's */
    GENUINE_EUI,        /* block 0 of slot 5 */
    GENUINE_SIGNER_KEY, /* the signer's public key */
    GENUINE_KEY,        /* the public key of slot 0 */
    GENUINE_SIGNATURE,  /* of slot 0, over the text of a proof with the challenge and CERT_MAKER_KEY_ID */
    GENUINE_ITEMS
};
#define GENUINE_ITEM_MAX 96
struct genuine_shown {
    uint8_t serial[CHIP_SERIAL_BYTES]; /* the chip's, as it or the board says */
    uint8_t challenge[32];             /* of this station */
    bool has[GENUINE_ITEMS];
    uint8_t item[GENUINE_ITEMS][GENUINE_ITEM_MAX];
};

/* The name of an item on a board's console, and how many bytes it has. */
const char *genuine_item_name(enum genuine_item item);
size_t genuine_item_bytes(enum genuine_item item);

struct genuine {
    enum genuine_result result;
    const char *cause;    /* of GENUINE_UNPROVEN; a literal */
    const char *part;     /* the maker's name for this kind of part: "ATECC608-TNGTLS"; NULL: not known */
    const char *root;     /* whose root the chain ends at; NULL: at none that is known */
    bool root_is_virtual; /* of `root` */
    struct genuine_certificate device, signer;
    uint8_t public_key[P256_POINT_BYTES]; /* of the key that the maker certified */
    uint8_t challenge[32];                /* random; the key signed the text of a proof with it */
    uint8_t signature[P256_SIGNATURE_BYTES];
    bool has_signature; /* challenge and signature are of this run */
};

/*
 * Looks at the chip whose config zone is `config`. PSA Crypto is started. False with the reason if the chip cannot be
 * reached; whatever it answers is a result.
 */
bool genuine_check(struct genuine *genuine, struct chip *chip, const struct chip_config *config, struct error *err);

/*
 * The same without the challenge, for who wants the certificates only: the chain that holds is in `device` and
 * `signer`, and the result stays GENUINE_UNCHECKED, for nothing says yet that the certified key is there.
 */
bool genuine_read_chain(struct genuine *genuine, struct chip *chip, const struct chip_config *config,
                        struct error *err);

/* Judges what was shown. `genuine` gets the result. */
void genuine_judge(struct genuine *genuine, const struct genuine_shown *shown);

/* Whether the maker's certificates, or the virtual maker's, proved the serial number and the key in slot 0. */
bool genuine_is_proven(const struct genuine *genuine);

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
