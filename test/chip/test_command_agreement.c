/* SPDX-License-Identifier: Apache-2.0 */
/* ECDH in clear and encrypted; secrets by libcrypto. */
#include "chip/operations_agreement.h"
#include "chip/operations_device.h"

#include "test/chip/full.h"
#include "test/support/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define PART CHIP_PART_ATECC608A

static const uint8_t their_scalar[32] = {0x21, 0x22, 0x23, 0x24};

static void test_ecdh(void **state)
{
    struct full full;
    struct error err = {.reason = ERROR_NONE};
    uint8_t peer[64];
    uint8_t expected[32];
    uint8_t secret[32];
    const uint8_t *io_key = full.secrets[FULL_KEY];
    uint32_t writing;

    (void)state;
    full_init(&full, FULL_608, NULL, 0);
    p256_public_of(their_scalar, peer);
    p256_agree(their_scalar, full.public_keys[2], expected);
    assert_int_equal(chip_ecdh(full.chip, PART, 2, peer, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    memset(secret, 0, 32);
    writing = full.chip->counters.writing;
    assert_int_equal(chip_ecdh(full.chip, CHIP_PART_UNKNOWN, 2, peer, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    assert_int_equal(full.chip->counters.writing, writing + 1); /* as it may go into a slot */
    memset(secret, 0, 32);
    assert_int_equal(chip_ecdh_encrypted(full.chip, 2, peer, io_key, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    assert_int_equal(chip_ecdh_encrypted(full.chip, 2, peer, full.secrets[12], secret, NULL), CHIP_OK);
    assert_memory_not_equal(secret, expected, 32);

    /* A slot without ECDH, a point off the curve, no slot. */
    assert_int_equal(chip_ecdh(full.chip, PART, 7, peer, secret, &err), CHIP_EXECUTION);
    assert_string_equal(err.doing, "agree on a secret");
    peer[63] ^= 1;
    assert_int_equal(chip_ecdh(full.chip, PART, 2, peer, secret, NULL), CHIP_EXECUTION);
    assert_int_equal(chip_ecdh(full.chip, PART, 16, peer, secret, NULL), CHIP_BAD_ARGUMENT);
    assert_int_equal(chip_ecdh_encrypted(full.chip, 16, peer, io_key, secret, NULL), CHIP_BAD_ARGUMENT);
    full_release(&full);
}

/* The ATECC508A sends the secret where the slot's policy says: slot 0's into slot 1, slot 2's to the host. */
static void test_ecdh_as_configured(void **state)
{
    struct full full;
    uint8_t peer[64];
    uint8_t expected[32];
    uint8_t secret[32];

    (void)state;
    full_init(&full, FULL_508, NULL, 0);
    p256_public_of(their_scalar, peer);
    assert_int_equal(chip_ecdh(full.chip, CHIP_PART_ATECC508A, 0, peer, secret, NULL), CHIP_GARBLED);
    p256_agree(their_scalar, full.public_keys[2], expected);
    assert_int_equal(chip_ecdh(full.chip, CHIP_PART_ATECC508A, 2, peer, secret, NULL), CHIP_OK);
    assert_memory_equal(secret, expected, 32);
    full_release(&full);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ecdh),
        cmocka_unit_test(test_ecdh_as_configured),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
