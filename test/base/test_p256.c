/* SPDX-License-Identifier: Apache-2.0 */
/* P-256 against libcrypto's curve: its bounds, one below, at and above each, and what is a point of it. */
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

/* A multiple of the generator, as X | Y. */
static void point_of(unsigned long scalar, uint8_t point[static 2 * P256_BYTES])
{
    EC_POINT *found = EC_POINT_new(group);
    BIGNUM *times = BN_new();
    uint8_t whole[P256_POINT_BYTES];

    assert_int_equal(BN_set_word(times, scalar), 1);
    assert_int_equal(EC_POINT_mul(group, found, times, NULL, NULL, NULL), 1);
    assert_int_equal(EC_POINT_point2oct(group, found, POINT_CONVERSION_UNCOMPRESSED, whole, sizeof whole, NULL),
                     sizeof whole);
    memcpy(point, whole + 1, sizeof whole - 1);
    BN_free(times);
    EC_POINT_free(found);
}

static bool on_curve_by_libcrypto(const uint8_t point[static 2 * P256_BYTES])
{
    EC_POINT *found = EC_POINT_new(group);
    uint8_t whole[P256_POINT_BYTES] = {P256_UNCOMPRESSED};

    memcpy(whole + 1, point, sizeof whole - 1);
    const bool on_curve = EC_POINT_oct2point(group, found, whole, sizeof whole, NULL) == 1;
    EC_POINT_free(found);
    return on_curve;
}

static void point_is_on_the_curve(void **state)
{
    uint8_t point[2 * P256_BYTES];

    (void)state;
    for (unsigned long scalar = 1; scalar < 200; scalar++) {
        point_of(scalar * scalar * 7919, point);
        assert_true(p256_curve_has_point(point));
        for (size_t i = scalar % 8; i < sizeof point; i += 8) {
            point[i] ^= (uint8_t)(1u << scalar % 8);
            assert_int_equal(p256_curve_has_point(point), on_curve_by_libcrypto(point));
            point[i] ^= (uint8_t)(1u << scalar % 8);
        }
    }
}

/* The same x with p - y is a point, too; x + p or y + p is none, nor are zeros and the generator of another curve. */
static void point_near_the_prime(void **state)
{
    uint8_t point[2 * P256_BYTES], other[2 * P256_BYTES] = {0};
    BIGNUM *y = BN_new();

    (void)state;
    assert_false(p256_curve_has_point(other));
    memset(other, 0xff, sizeof other);
    assert_false(p256_curve_has_point(other));
    for (unsigned long scalar = 1; scalar < 50; scalar++) {
        point_of(scalar, point);
        BN_bin2bn(point + P256_BYTES, P256_BYTES, y);
        assert_int_equal(BN_sub(y, EC_GROUP_get0_field(group), y), 1);
        BN_bn2binpad(y, point + P256_BYTES, P256_BYTES);
        assert_true(p256_curve_has_point(point));
        /* y = p: the same number as 0, and no coordinate. */
        number_near(EC_GROUP_get0_field(group), 0, point + P256_BYTES);
        assert_false(p256_curve_has_point(point));
    }
    BN_free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalar_is_below_the_order), cmocka_unit_test(coordinate_is_below_the_prime),
        cmocka_unit_test(smallest_and_largest),      cmocka_unit_test(point_is_on_the_curve),
        cmocka_unit_test(point_near_the_prime),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
