/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pure half of slot policy: what attributes want, and which slot of a map they get. The property at the end holds
 * the choice against its own definition, written a second time, on many random maps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <imprint/psa.h>
#include "psa/slots.h"

#include <stdio.h>
#include <string.h>

#define PAIR PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1)
#define PUBLIC PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1)
#define ANY_ECDSA PSA_ALG_ECDSA(PSA_ALG_ANY_HASH)
#define SIGN PSA_KEY_USAGE_SIGN_HASH
#define VERIFY PSA_KEY_USAGE_VERIFY_HASH
#define IMPORTS (CHIP_CAN_IMPORT_CLEAR | CHIP_CAN_IMPORT_SECRET)
#define LIFETIME PSA_ATECC608A_LIFETIME

static const struct want_row {
    const char *name;
    psa_key_lifetime_t lifetime;
    psa_key_type_t type;
    size_t bits;
    psa_algorithm_t algorithm, second;
    psa_key_usage_t usage;
    enum driver_method method;
    psa_status_t status;
    struct driver_slot_needs want; /* where status is success */
} want_rows[] = {
    {"generate, sign",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST, CHIP_CAN_GENERATE}},
    {"generate, sign messages",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDSA(PSA_ALG_SHA_256),
     0,
     PSA_KEY_USAGE_SIGN_MESSAGE,
     DRIVER_GENERATE,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST, CHIP_CAN_GENERATE}},
    {"generate, verify only",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDSA(PSA_ALG_SHA_224),
     0,
     VERIFY,
     DRIVER_GENERATE,
     PSA_SUCCESS,
     {true, CHIP_CAN_GIVE_PUBLIC, CHIP_CAN_GENERATE}},
    {"generate, sign and verify",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDSA(PSA_ALG_SHA_384),
     ANY_ECDSA,
     SIGN | VERIFY,
     DRIVER_GENERATE,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC, CHIP_CAN_GENERATE}},
    {"register, no usage",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDSA(PSA_ALG_SHA_512),
     0,
     0,
     DRIVER_REGISTER,
     PSA_SUCCESS,
     {true, 0, 0}},
    {"register, sign",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDSA_ANY,
     0,
     SIGN,
     DRIVER_REGISTER,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST, 0}},
    {"import a pair",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_IMPORT,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST, IMPORTS}},
    {"import a pair, no size",
     LIFETIME,
     PAIR,
     0,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_IMPORT,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST, IMPORTS}},
    {"import a public key",
     LIFETIME,
     PUBLIC,
     256,
     ANY_ECDSA,
     0,
     VERIFY,
     DRIVER_IMPORT,
     PSA_SUCCESS,
     {false, CHIP_CAN_HOLD_PUBLIC, CHIP_CAN_WRITE_CLEAR}},
    {"import a public key for export",
     LIFETIME,
     PUBLIC,
     0,
     ANY_ECDSA,
     0,
     PSA_KEY_USAGE_EXPORT,
     DRIVER_IMPORT,
     PSA_SUCCESS,
     {false, CHIP_CAN_HOLD_PUBLIC, CHIP_CAN_WRITE_CLEAR}},
    {"register a public key",
     LIFETIME,
     PUBLIC,
     256,
     ANY_ECDSA,
     0,
     VERIFY,
     DRIVER_REGISTER,
     PSA_SUCCESS,
     {false, CHIP_CAN_HOLD_PUBLIC, 0}},

    {"volatile",
     PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(0, PSA_ATECC608A_LOCATION),
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"another persistence",
     PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(2, PSA_ATECC608A_LOCATION),
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"another location",
     PSA_KEY_LIFETIME_FROM_PERSISTENCE_AND_LOCATION(1, 0x61),
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"another family",
     LIFETIME,
     PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_K1),
     256,
     ANY_ECDSA,
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"AES",
     LIFETIME,
     PSA_KEY_TYPE_AES,
     128,
     PSA_ALG_CTR,
     0,
     PSA_KEY_USAGE_ENCRYPT,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"HMAC",
     LIFETIME,
     PSA_KEY_TYPE_HMAC,
     256,
     PSA_ALG_HMAC(PSA_ALG_SHA_256),
     0,
     SIGN,
     DRIVER_IMPORT,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"384 bits", LIFETIME, PAIR, 384, ANY_ECDSA, 0, SIGN, DRIVER_GENERATE, PSA_ERROR_NOT_SUPPORTED, {0}},
    {"no size to generate", LIFETIME, PAIR, 0, ANY_ECDSA, 0, SIGN, DRIVER_GENERATE, PSA_ERROR_NOT_SUPPORTED, {0}},
    {"deterministic ECDSA",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_DETERMINISTIC_ECDSA(PSA_ALG_SHA_256),
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"no algorithm", LIFETIME, PAIR, 256, PSA_ALG_NONE, 0, SIGN, DRIVER_GENERATE, PSA_ERROR_NOT_SUPPORTED, {0}},
    {"SHA-1",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDSA(PSA_ALG_SHA_1),
     0,
     SIGN,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"ECDH",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_ECDH,
     0,
     PSA_KEY_USAGE_DERIVE,
     DRIVER_GENERATE,
     PSA_SUCCESS,
     {true, CHIP_CAN_ECDH, CHIP_CAN_GENERATE}},
    {"ECDH as second algorithm",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     PSA_ALG_ECDH,
     SIGN | PSA_KEY_USAGE_DERIVE,
     DRIVER_GENERATE,
     PSA_SUCCESS,
     {true, CHIP_CAN_SIGN_DIGEST | CHIP_CAN_ECDH, CHIP_CAN_GENERATE}},
    {"ECDH with a key derivation",
     LIFETIME,
     PAIR,
     256,
     PSA_ALG_KEY_AGREEMENT(PSA_ALG_ECDH, PSA_ALG_HKDF(PSA_ALG_SHA_256)),
     0,
     PSA_KEY_USAGE_DERIVE,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"ECDH of a public key",
     LIFETIME,
     PUBLIC,
     256,
     PSA_ALG_ECDH,
     0,
     PSA_KEY_USAGE_DERIVE,
     DRIVER_IMPORT,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"encrypt",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     PSA_KEY_USAGE_ENCRYPT,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"decrypt",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     PSA_KEY_USAGE_DECRYPT,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"copy",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN | PSA_KEY_USAGE_COPY,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"verify derivation",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     PSA_KEY_USAGE_VERIFY_DERIVATION,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"export a pair",
     LIFETIME,
     PAIR,
     256,
     ANY_ECDSA,
     0,
     SIGN | PSA_KEY_USAGE_EXPORT,
     DRIVER_GENERATE,
     PSA_ERROR_NOT_SUPPORTED,
     {0}},
    {"public key that signs", LIFETIME, PUBLIC, 256, ANY_ECDSA, 0, SIGN, DRIVER_IMPORT, PSA_ERROR_NOT_SUPPORTED, {0}},
    {"generate a public key",
     LIFETIME,
     PUBLIC,
     256,
     ANY_ECDSA,
     0,
     VERIFY,
     DRIVER_GENERATE,
     PSA_ERROR_INVALID_ARGUMENT,
     {0}},
    {"method copy", LIFETIME, PAIR, 256, ANY_ECDSA, 0, SIGN, DRIVER_DERIVE_OR_COPY, PSA_ERROR_NOT_SUPPORTED, {0}},
    {"method derive", LIFETIME, PAIR, 256, ANY_ECDSA, 0, SIGN, DRIVER_DERIVE_OR_COPY, PSA_ERROR_NOT_SUPPORTED, {0}},
};

static void want_of_attributes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof want_rows / sizeof want_rows[0]; i++) {
        const struct want_row *row = &want_rows[i];
        psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
        struct driver_slot_needs want;
        struct error err = {.reason = ERROR_NONE};

        psa_set_key_lifetime(&attributes, row->lifetime);
        psa_set_key_type(&attributes, row->type);
        psa_set_key_bits(&attributes, row->bits);
        psa_set_key_algorithm(&attributes, row->algorithm);
        psa_set_key_enrollment_algorithm(&attributes, row->second);
        psa_set_key_usage_flags(&attributes, row->usage);
        psa_status_t status = driver_needs_of(&attributes, row->method, &want, &err);
        if (status != row->status || (status != PSA_SUCCESS) != (err.reason != ERROR_NONE))
            fail_msg("%s: %d instead of %d, reason %s", row->name, (int)status, (int)row->status,
                     error_reason_name(err.reason));
        if (status == PSA_SUCCESS && (want.private_key != row->want.private_key ||
                                      want.abilities != row->want.abilities || want.method != row->want.method))
            fail_msg("%s: abilities %x, method %x", row->name, (unsigned)want.abilities, (unsigned)want.method);
    }
}

/* Slots as real configurations have them. */
#define SIGNER (CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GENERATE | CHIP_CAN_GIVE_PUBLIC)
#define AGREER (SIGNER | CHIP_CAN_ECDH)
#define FROZEN (CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GIVE_PUBLIC)
#define HIDDEN (CHIP_CAN_SIGN_DIGEST | CHIP_CAN_GENERATE)
#define STORE (CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR | CHIP_CAN_WRITE_CLEAR)
#define EMPTY DRIVER_FILL_EMPTY
#define KEY DRIVER_FILL_KEY
#define NONE CHIP_SLOTS

static const struct driver_slot_needs generate = {true, CHIP_CAN_SIGN_DIGEST, CHIP_CAN_GENERATE};
static const struct driver_slot_needs import_pair = {true, CHIP_CAN_SIGN_DIGEST, IMPORTS};
static const struct driver_slot_needs import_public = {false, CHIP_CAN_HOLD_PUBLIC, CHIP_CAN_WRITE_CLEAR};
static const struct driver_slot_needs registering = {true, CHIP_CAN_SIGN_DIGEST, 0};

static const struct pick_row {
    const char *name;
    const struct driver_slot_needs *want;
    struct driver_slot slots[5];
    struct driver_settings settings;
    uint8_t slot;
    enum error_reason reason;
} pick_rows[] = {
    {"least capable before lower number",
     &generate,
     {{.abilities = AGREER, .fill = EMPTY}, {.abilities = SIGNER, .fill = EMPTY}},
     {0},
     1,
     ERROR_NONE},
    {"lowest number among equals",
     &generate,
     {{0}, {.abilities = AGREER, .fill = EMPTY}, {.abilities = AGREER, .fill = EMPTY}},
     {0},
     1,
     ERROR_NONE},
    {"empty and capable before filled and least capable",
     &generate,
     {{.abilities = SIGNER, .fill = KEY}, {.abilities = AGREER, .fill = EMPTY}},
     {.replace_unclaimed = true},
     1,
     ERROR_NONE},
    {"filled only with permission", &generate, {{.abilities = SIGNER, .fill = KEY}}, {0}, NONE, ERROR_SLOT_FILLED},
    {"filled with permission",
     &generate,
     {{.abilities = AGREER, .fill = KEY}, {.abilities = SIGNER, .fill = KEY}},
     {.replace_unclaimed = true},
     1,
     ERROR_NONE},
    {"unknown counts as filled", &generate, {{.abilities = SIGNER}}, {0}, NONE, ERROR_SLOT_FILLED},
    {"unknown with permission", &generate, {{.abilities = SIGNER}}, {.replace_unclaimed = true}, 0, ERROR_NONE},
    {"claimed never",
     &generate,
     {{.abilities = SIGNER, .claimed_by = 1, .fill = KEY}},
     {.replace_unclaimed = true},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"claimed and empty never",
     &generate,
     {{.abilities = SIGNER, .claimed_by = 1, .fill = EMPTY}},
     {.replace_unclaimed = true},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"locked never",
     &generate,
     {{.abilities = SIGNER, .locked = true, .fill = EMPTY}},
     {.replace_unclaimed = true},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"reserved never",
     &generate,
     {{.abilities = SIGNER, .fill = EMPTY}, {.abilities = AGREER, .fill = EMPTY}},
     {.replace_unclaimed = true, .reserved_slots = 1},
     1,
     ERROR_NONE},
    {"all reserved",
     &generate,
     {{.abilities = SIGNER, .fill = EMPTY}},
     {.replace_unclaimed = true, .reserved_slots = 0xffff},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"cannot be generated in",
     &generate,
     {{.abilities = FROZEN, .fill = EMPTY}},
     {.replace_unclaimed = true},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"no public key to be had: only when named",
     &generate,
     {{.abilities = HIDDEN, .fill = EMPTY}},
     {0},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"hidden is not the least capable",
     &generate,
     {{.abilities = HIDDEN, .fill = EMPTY}, {.abilities = AGREER, .fill = EMPTY}},
     {0},
     1,
     ERROR_NONE},
    {"import in clear",
     &import_pair,
     {{.abilities = SIGNER, .fill = EMPTY}, {.abilities = FROZEN | CHIP_CAN_IMPORT_CLEAR, .fill = EMPTY}},
     {0},
     1,
     ERROR_NONE},
    {"import encrypted without the write key",
     &import_pair,
     {{.abilities = FROZEN | CHIP_CAN_IMPORT_SECRET, .fill = EMPTY}},
     {0},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"import encrypted with the write key",
     &import_pair,
     {{.abilities = FROZEN | CHIP_CAN_IMPORT_SECRET, .fill = EMPTY},
      {.abilities = FROZEN | CHIP_CAN_IMPORT_SECRET, .fill = EMPTY, .write_key_known = true}},
     {0},
     1,
     ERROR_NONE},
    {"public key",
     &import_public,
     {{.abilities = SIGNER, .fill = EMPTY}, {.abilities = STORE, .fill = EMPTY}},
     {0},
     1,
     ERROR_NONE},
    {"public key that cannot be read",
     &import_public,
     {{.abilities = CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_WRITE_CLEAR, .fill = EMPTY}},
     {0},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"public key without write access",
     &import_public,
     {{.abilities = CHIP_CAN_HOLD_PUBLIC | CHIP_CAN_READ_CLEAR, .fill = EMPTY}},
     {0},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"nothing is chosen to be registered",
     &registering,
     {{.abilities = SIGNER, .fill = KEY}},
     {.replace_unclaimed = true},
     NONE,
     ERROR_NO_FREE_SLOT},
    {"nothing at all", &generate, {{0}}, {.replace_unclaimed = true}, NONE, ERROR_NO_FREE_SLOT},
};

static void pick_from_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pick_rows / sizeof pick_rows[0]; i++) {
        const struct pick_row *row = &pick_rows[i];
        struct driver_map map = {.slots = {{0}}};
        struct error err = {.reason = ERROR_NONE};
        uint8_t slot = NONE;

        memcpy(map.slots, row->slots, sizeof row->slots);
        psa_status_t status = driver_pick_slot(&map, row->want, &row->settings, &slot, &err);
        if (slot != row->slot || err.reason != row->reason ||
            status != (row->slot == NONE ? PSA_ERROR_INSUFFICIENT_STORAGE : PSA_SUCCESS))
            fail_msg("%s: slot %u instead of %u, %s", row->name, slot, row->slot, error_reason_name(err.reason));
    }
}

/* xorshift, any seed but zero. */
static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

static struct driver_map random_map(uint32_t *seed)
{
    struct driver_map map;

    for (size_t i = 0; i < CHIP_SLOTS; i++) {
        uint32_t random = next_random(seed);
        map.slots[i] = (struct driver_slot){
            /* Half of the slots fit often, the others are anything. */
            .abilities = (next_random(seed) & 0x7ff) | ((random & 1) != 0 ? (uint32_t)AGREER | STORE : 0),
            .locked = (random >> 1 & 3) == 0,
            .write_key_known = (random >> 3 & 1) != 0,
            .claimed_by = (random >> 4 & 3) == 0 ? random : 0,
            .fill = (enum driver_fill)((random >> 6) % 3),
        };
    }
    return map;
}

static bool may_take(const struct driver_slot *slot, const struct driver_slot_needs *want,
                     const struct driver_settings *settings, size_t number)
{
    bool gives = (slot->abilities & (want->private_key ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR)) != 0;
    uint32_t method = slot->abilities & want->method;

    if (method == CHIP_CAN_IMPORT_SECRET && !slot->write_key_known)
        method = 0;
    return gives && method != 0 && (slot->abilities & want->abilities) == want->abilities && !slot->locked &&
           slot->claimed_by == 0 && (settings->reserved_slots & 1u << number) == 0 &&
           (slot->fill == DRIVER_FILL_EMPTY || settings->replace_unclaimed);
}

static int surplus_of(const struct driver_slot *slot, const struct driver_slot_needs *want)
{
    uint32_t used = want->abilities | want->method | (want->private_key ? CHIP_CAN_GIVE_PUBLIC : CHIP_CAN_READ_CLEAR);

    return __builtin_popcount(slot->abilities & ~used);
}

/* True when `a` must be taken before `b`, both being allowed. */
static bool comes_first(const struct driver_map *map, const struct driver_slot_needs *want, size_t a, size_t b)
{
    const struct driver_slot *first = &map->slots[a], *second = &map->slots[b];

    if ((first->fill == DRIVER_FILL_EMPTY) != (second->fill == DRIVER_FILL_EMPTY))
        return first->fill == DRIVER_FILL_EMPTY;
    if (surplus_of(first, want) != surplus_of(second, want))
        return surplus_of(first, want) < surplus_of(second, want);
    return a < b;
}

static void pick_is_what_it_is_defined_to_be(void **state)
{
    const struct driver_slot_needs *const wants[] = {&generate, &import_pair, &import_public, &registering};
    uint32_t seed = 20240611;
    unsigned picked = 0;

    (void)state;
    for (unsigned round = 0; round < 200000; round++) {
        struct driver_map map = random_map(&seed);
        const struct driver_slot_needs *want = wants[round % 4];
        uint32_t random = next_random(&seed);
        /* A quarter of the slots reserved: bits set in two halves of one number. */
        struct driver_settings settings = {.replace_unclaimed = (next_random(&seed) & 1) != 0,
                                           .reserved_slots = (uint16_t)(random & random >> 16)};
        uint8_t slot = NONE;
        size_t best = NONE;

        psa_status_t status = driver_pick_slot(&map, want, &settings, &slot, NULL);
        for (size_t i = 0; i < CHIP_SLOTS; i++)
            if (may_take(&map.slots[i], want, &settings, i) && (best == NONE || comes_first(&map, want, i, best)))
                best = i;
        if (slot != best || (status == PSA_SUCCESS) != (best != NONE))
            fail_msg("round %u: slot %u instead of %zu", round, slot, best);
        picked += best != NONE;
    }
    assert_in_range(picked, 50000, 190000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(want_of_attributes),
        cmocka_unit_test(pick_from_table),
        cmocka_unit_test(pick_is_what_it_is_defined_to_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
