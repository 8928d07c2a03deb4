/* SPDX-License-Identifier: Apache-2.0 */
/* The bounds of P-256 against libcrypto's curve: one below, at and above each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/p256.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

static EC_GROUP *group;

static int open_group(void **state)
{
    (void)state;
    group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    return group == NULL;
}

static int close_group(void **state)
{
    (void)state;
    EC_GROUP_free(group);
    return 0;
}

static void number_near(const BIGNUM *bound, int distance, uint8_t number[static P256_BYTES])
{
    BIGNUM *sum = BN_dup(bound);

    if (distance < 0)
        BN_sub_word(sum, (BN_ULONG)-distance);
    else
        BN_add_word(sum, (BN_ULONG)distance);
    assert_int_equal(BN_bn2binpad(sum, number, P256_BYTES), P256_BYTES);
    BN_free(sum);
}

static void scalar_is_below_the_order(void **state)
{
    const BIGNUM *order = EC_GROUP_get0_order(group);
    uint8_t number[P256_BYTES];

    (void)state;
    for (int distance = -300; distance <= 300; distance++) {
        number_near(order, distance, number);
        assert_int_equal(p256_is_scalar(number), distance < 0);
    }
}

static void coordinate_is_below_the_prime(void **state)
{
    const BIGNUM *prime = EC_GROUP_get0_field(group);
    uint8_t number[P256_BYTES];

    (void)state;
    for (int distance = -300; distance <= 300; distance++) {
        number_near(prime, distance, number);
        assert_int_equal(p256_is_coordinate(number), distance < 0);
    }
}

static void smallest_and_largest(void **state)
{
    uint8_t number[P256_BYTES] = {0};

    (void)state;
    assert_false(p256_is_scalar(number));
    assert_true(p256_is_coordinate(number));
    for (size_t i = 0; i < P256_BYTES; i++) {
        memset(number, 0, sizeof number);
        number[i] = 1;
        assert_true(p256_is_scalar(number));
        assert_true(p256_is_coordinate(number));
    }
    memset(number, 0xff, sizeof number);
    assert_false(p256_is_scalar(number));
    assert_false(p256_is_coordinate(number));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_is_below_the_order),
        cmocka_unit_test(coordinate_is_below_the_prime),
        cmocka_unit_test(smallest_and_largest),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
