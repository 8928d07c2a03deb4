/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A profile: the state that a finished device must have, as plain data. `text/` reads it from YAML (host only).
 * `binary.c` writes its canonical byte form, whose SHA-256 is the profile's digest. `config.c` derives the config zone
 * from the key entries if imprint configures the part itself. Nothing here accesses a chip.
 */
#ifndef IMPRINT_PROFILE_PROFILE_H
#define IMPRINT_PROFILE_PROFILE_H

#include <psa/crypto.h>

#include "base/bytes.h"
#include "chip/config.h"
#include "base/error.h"

/*
 * Sizes of the arrays below; those of texts include the NUL. A build for a board may define smaller values for the
 * guarded ones, if its compiled-in profile still fits (the table from `imprint compile` asserts that), and then
 * compiles all its sources with them. The stored formats do not depend on them.
 */
#define PROFILE_NAME_MAX 64
#ifndef PROFILE_KEYS_MAX
#define PROFILE_KEYS_MAX 16
#endif
#ifndef PROFILE_WRITE_KEYS_MAX
#define PROFILE_WRITE_KEYS_MAX CHIP_SLOTS
#endif
#ifndef PROFILE_SOURCE_MAX
#define PROFILE_SOURCE_MAX 256
#endif
#ifndef PROFILE_SUBJECT_MAX
#define PROFILE_SUBJECT_MAX 128
#endif
#ifndef PROFILE_CERTIFICATES_MAX
#define PROFILE_CERTIFICATES_MAX 4
#endif
/* 0: a build for a board whose profile has no data (firmware/factory/image.cmake). */
#ifndef PROFILE_HAS_DATA
#define PROFILE_HAS_DATA 1
#endif
/*
 * 0: a build for a board. The only entry of data that it can have is the IO protection key, which has no content: the
 * secrets of others would be in the image. `imprint compile` makes no table with others.
 */
#ifndef PROFILE_HAS_CONTENTS
#define PROFILE_HAS_CONTENTS 1
#endif
#ifndef PROFILE_DATA_MAX
#define PROFILE_DATA_MAX CHIP_SLOTS
#endif
/* 0: a build for a board whose profile has no `configuration: bytes` (firmware/factory/image.cmake). */
#ifndef PROFILE_HAS_BYTES
#define PROFILE_HAS_BYTES 1
#endif
#define PROFILE_OID_MAX 48 /* an object identifier as text */

#define PROFILE_SLOT_ANY 0xff
#define PROFILE_DIGEST_BYTES 32

/* The values of the enums below are stored in the binary form: they never change, new ones are added at the end. */
enum profile_configuration {
    PROFILE_AS_DELIVERED = 0, /* any configuration; only what the keys need is checked */
    PROFILE_FACTORY_DEFAULT,  /* the policy bytes of every blank part */
    PROFILE_TRUST_AND_GO,     /* ATECC608A/B-TNGTLS */
    PROFILE_TRUST_FLEX,       /* ATECC608A/B-TFLXTLS */
    PROFILE_POLICY,           /* imprint writes it: derived from the keys below */
    PROFILE_BYTES,            /* imprint writes it: the profile has the bytes */
};

enum profile_method { PROFILE_REGISTER, PROFILE_GENERATE, PROFILE_IMPORT };

/* Which existing key may be overwritten to store this one. */
enum profile_replace {
    PROFILE_REPLACE_NEVER = 0, /* none: the slot must be empty */
    PROFILE_REPLACE_UNCLAIMED, /* one that no key id points to */
};

/* Whether the chip maker's certificates are read, verified, and the key they certify asked to sign. */
enum profile_genuine {
    PROFILE_GENUINE_UNCHECKED = 0, /* not read */
    PROFILE_GENUINE_REPORTED,      /* the result goes into plan and record; the run goes on whatever it is */
    PROFILE_GENUINE_REQUIRED,      /* a part that does not prove itself is refused before the first write */
};

/* Whether a manifest that the station imported must list the part (src/manifest/parts.h). Boards leave it to the
 * station. */
enum profile_listed {
    PROFILE_LISTED_UNCHECKED = 0, /* not asked */
    PROFILE_LISTED_REPORTED,      /* the result goes into the plan; the run goes on whatever it is */
    PROFILE_LISTED_REQUIRED,      /* a part that is not listed, or has other keys, is refused before the first write */
};

/* Whether virtual chips, published TEST keys and test roots may take part. */
enum profile_rehearsal { PROFILE_REHEARSAL_REFUSED = 0, PROFILE_REHEARSAL_ALLOWED };

struct profile_key {
    char name[PROFILE_NAME_MAX]; /* unique; a letter, then letters, digits, - and _ */
    uint32_t id;                 /* PSA key id, 1..0x3fffffff, unique */
    enum profile_method method;
    uint8_t slot; /* 0..15, or PROFILE_SLOT_ANY: the driver chooses */
    psa_key_type_t type;
    uint16_t bits;
    enum profile_replace replace;
    bool lock_slot; /* lock the slot for ever when the key is proven (needs arming) */
    psa_algorithm_t algorithm;
    psa_key_usage_t usage; /* as PSA extends it: sign-hash adds sign-message, verify-hash adds verify-message */
    char source[PROFILE_SOURCE_MAX];       /* import: PEM file, relative to the profile's folder; else empty */
    char csr_subject[PROFILE_SUBJECT_MAX]; /* subject of the key's certificate request; empty: no request */
    uint32_t line;                         /* line in the text, for messages; not part of the digest */
};

/* The 32-byte secret in a slot that encrypts imports into other slots. The secret itself stays in its file. */
struct profile_write_key {
    uint8_t slot;
    char source[PROFILE_SOURCE_MAX]; /* file with 64 hex digits */
};

/* What a certificate is for, and so which extensions it has (profile/certificate.h). */
enum profile_kind {
    PROFILE_KIND_EXTENSIONS = 0, /* those that the profile spells out */
    PROFILE_KIND_TLS_CLIENT,
    PROFILE_KIND_IDEVID,     /* initial device identity, IEEE 802.1AR */
    PROFILE_KIND_MATTER_DAC, /* device attestation certificate */
};

/* How a certificate is proven when all else is done. */
enum profile_proof {
    PROFILE_PROVE_READ_BACK = 0, /* what chip and key store hold of it is read back, as always */
    PROFILE_PROVE_TLS,           /* and a server accepts the device: a mutually authenticated TLS connection */
};

/* A certificate for a key of the profile. The record always has it; `slot` and `psa_id` say where else it is kept. */
struct profile_certificate {
    char name[PROFILE_NAME_MAX];   /* unique; files are named after it */
    char key[PROFILE_NAME_MAX];    /* the name of its key */
    char issuer[PROFILE_NAME_MAX]; /* who signs it: a name in the station's file of issuers */
    enum profile_kind kind;
    uint32_t extensions;                 /* PROFILE_KIND_EXTENSIONS: enum cert_extension bits */
    char subject[PROFILE_SUBJECT_MAX];   /* as csr_subject */
    uint32_t valid;                      /* how long: profile/certificate.h */
    bool outlives_issuer;                /* it may end after its issuer's certificate */
    char hardware_type[PROFILE_OID_MAX]; /* of a HardwareModuleName; else empty */
    uint16_t vendor_id, product_id;      /* PROFILE_KIND_MATTER_DAC; else 0 */
    uint8_t slot;                        /* for its 72 compressed bytes, 8 to 15; 0: not in the chip */
    uint8_t signer_key_slot;             /* for the issuer's public key; 0: not in the chip */
    uint8_t signer_slot;                 /* for the issuer's compressed certificate; 0: not in the chip */
    enum profile_replace replace;        /* which content of these slots may be lost: PROFILE_REPLACE_NEVER none */
    uint32_t psa_id;                     /* PSA key id of the whole certificate, as raw data; 0: none */
    enum profile_proof prove;
    char connection[PROFILE_NAME_MAX]; /* to which server: a name in the station's file of connections; else empty */
    uint32_t line;                     /* line in the text, for messages; not part of the digest */
};

/* What a slot holds beside keys of P-256 and certificates. */
enum profile_datum_type {
    PROFILE_DATUM_BYTES = 0, /* data that everybody may read */
    PROFILE_DATUM_HMAC,      /* a secret of 32 bytes for HMAC-SHA-256 */
    PROFILE_DATUM_AES,       /* an AES-128 key */
    PROFILE_DATUM_DERIVE,    /* a secret of 32 bytes from which others are derived */
    PROFILE_DATUM_IO_KEY,    /* the IO protection key: the device's own, which the engine makes (psa/io_key.h) */
};

/* Where its content comes from. Bits, so that the reader of the text notices two of them in one entry. 0: imprint makes
 * it. */
enum profile_datum_form { PROFILE_DATUM_FILE = 1, PROFILE_DATUM_TEXT = 2, PROFILE_DATUM_HEX = 4 };

/* A secret or other data for a slot. profile/data.h has what follows from it. */
struct profile_datum {
    char name[PROFILE_NAME_MAX]; /* unique among the data */
    enum profile_datum_type type;
    uint8_t form;                    /* one enum profile_datum_form; a secret is never in the profile itself */
    char source[PROFILE_SOURCE_MAX]; /* the file's name, the text or the hex digits, with {serial} in any of them */
    uint32_t id;                     /* PSA key id of a secret that PSA knows; else 0 */
    psa_algorithm_t algorithm;       /* likewise */
    uint8_t slot;                    /* 0..15 */
    uint8_t write_key; /* PROFILE_POLICY: slot of the secret that encrypts later writes; PROFILE_SLOT_ANY: none */
    enum profile_replace replace; /* which content of the slot may be lost: PROFILE_REPLACE_NEVER none */
    bool lock_slot; /* PROFILE_DATUM_IO_KEY: lock the slot for ever when the key is proven (needs arming) */
    uint32_t line;  /* line in the text, for messages; not part of the digest */
};

struct profile {
    char name[PROFILE_NAME_MAX];
    uint8_t parts; /* bit (1 << enum chip_part) for each part allowed; never 0 */
    enum profile_configuration configuration;
    enum profile_genuine genuine;
    enum profile_listed listed;
    enum profile_rehearsal rehearsal;
    uint8_t i2c_address; /* PROFILE_POLICY, _BYTES: 7-bit address to set; 0 keeps the part's address */
    bool lock_config, lock_data;
    uint8_t mark_slot; /* data slot of the mark (src/provision/mark.h), 8 to 15; 0: the device gets none */
    size_t key_count;
    struct profile_key keys[PROFILE_KEYS_MAX];
    size_t write_key_count;
    struct profile_write_key write_keys[PROFILE_WRITE_KEYS_MAX];
    size_t certificate_count;
    struct profile_certificate certificates[PROFILE_CERTIFICATES_MAX];
    size_t data_count;
    struct profile_datum data[PROFILE_DATA_MAX];
#if PROFILE_HAS_BYTES
    struct chip_policy_bytes bytes; /* PROFILE_BYTES; else 0 */
#endif
};

/* The bytes of `configuration: bytes`; NULL of any other. A build without them carries no code for them. */
static inline const struct chip_policy_bytes *profile_bytes(const struct profile *profile)
{
#if PROFILE_HAS_BYTES
    return profile->configuration == PROFILE_BYTES ? &profile->bytes : NULL;
#else
    (void)profile;
    return NULL;
#endif
}

/* Whether imprint itself writes the config zone. */
static inline bool profile_writes_config(const struct profile *profile)
{
    return profile->configuration == PROFILE_POLICY || profile_bytes(profile) != NULL;
}

/* How many entries of data there are. A build without them carries no code for them. */
static inline size_t profile_data_count(const struct profile *profile)
{
    return PROFILE_HAS_DATA != 0 ? profile->data_count : 0;
}

/*
 * Checks every value, and contradictions between entries. After false, `err` has the reason, the key's name and id and
 * its line. `profile/check.h` also gives the field.
 */
bool profile_check(const struct profile *profile, struct error *err);

/* The usage flags as PSA stores them: psa_set_key_usage_flags() adds the message flags to the hash flags. */
psa_key_usage_t profile_usage_extended(psa_key_usage_t usage);

/*
 * The canonical binary form (docs/reference/profile.md): two profiles have equal bytes exactly if all their values are
 * equal. Write keys are sorted by slot. False, with `out` unchanged, if `out` is too small (PROFILE_BINARY_MAX is
 * always enough) or counts or texts of the profile do not fit the structure.
 */
#define PROFILE_BINARY_VERSION 1              /* of a profile without certificate requests */
#define PROFILE_BINARY_VERSION_CSR 2          /* of a profile with certificate requests */
#define PROFILE_BINARY_VERSION_SUPPLY 3       /* of a profile that says `genuine`, `listed`, `rehearsal` or `mark` */
#define PROFILE_BINARY_VERSION_CERTIFICATES 4 /* of a profile with certificates */
#define PROFILE_BINARY_VERSION_PROOF 5        /* of a profile that proves a certificate by a connection, or has data */
#define PROFILE_BINARY_VERSION_BYTES 6        /* of a profile with `configuration: bytes` */
#define PROFILE_BINARY_VERSION_IO_KEY 7       /* of a profile that gives the device an IO protection key */
#define PROFILE_BINARY_MAX 20480
bool profile_encode(const struct profile *profile, struct bytes_out *out);

/*
 * SHA-256 of the canonical form, computed piece by piece without a buffer of PROFILE_BINARY_MAX. Uses PSA's hash
 * functions only, no key store. False if the profile cannot be encoded or PSA cannot hash.
 */
bool profile_digest(const struct profile *profile, uint8_t digest[static PROFILE_DIGEST_BYTES]);

/*
 * Sets a key's PSA attributes, with the lifetime but without the slot, which is an argument of src/psa/keys.h. Leaves
 * out usage `derive`: the slot permits ECDH, but PSA cannot use it through a secure element driver.
 */
void profile_key_attributes(const struct profile_key *key, psa_key_lifetime_t lifetime,
                            psa_key_attributes_t *attributes);

/* Whether a key has these attributes. Does not compare slots, because the profile may leave the slot open. */
bool profile_key_has(const struct profile_key *key, psa_key_lifetime_t lifetime,
                     const psa_key_attributes_t *attributes);

/*
 * Computes the config zone that a device of this profile must have from the one it has `now`: it keeps identity,
 * counters and lock bytes and sets the policy bytes. The profile must have passed profile_check(). PROFILE_AS_DELIVERED
 * copies `now`. If Microchip ships a named configuration in several variants, the variant nearest to `now` is used, so
 * chip_config_compare_policy() finds a difference only if the part has none of the variants. PROFILE_POLICY starts from
 * the blank part's policy, gives each key's slot its two words (docs/reference/profile.md has the table) and sets the
 * I2C address. PROFILE_BYTES sets the profile's bytes. False with ERROR_PROFILE_CONFLICT if the part cannot meet the
 * profile (a key with usage derive in a slot without ECDH; an address for a part without I2C); `wanted` is then
 * undefined. `now` and `wanted` may be the same.
 */
bool profile_wanted_config(const struct profile *profile, const struct chip_config *now, struct chip_config *wanted,
                           struct error *err);

/*
 * Writes the subject `pattern` of a certificate request with each "{serial}" replaced by the chip's serial number in
 * upper-case hex, and each "{serial:lower}" by the same in lower case. False with ERROR_USAGE, and `text` empty, if it
 * does not fit or has another brace; neither happens for the subjects of a checked profile.
 */
#define PROFILE_SUBJECT_TEXT_MAX 256
bool profile_fill_subject(const char *pattern, const uint8_t serial[static CHIP_SERIAL_BYTES],
                          char text[static PROFILE_SUBJECT_TEXT_MAX], struct error *err);

/* The word of the text form (`profile/words.h` has the tables); "unknown" for a value outside the enum. */
const char *profile_method_name(enum profile_method method); /* "register" */

#endif
