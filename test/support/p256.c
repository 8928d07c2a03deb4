/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/p256.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/params.h>

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

void p256_public_of(const uint8_t scalar[static 32], uint8_t public_key[static 64])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(scalar, 32, NULL);
    uint8_t octets[65];

    assert_int_equal(EC_POINT_mul(group, point, number, NULL, NULL, NULL), 1);
    assert_int_equal(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof(octets), NULL), 65);
    memcpy(public_key, octets + 1, 64);
    BN_free(number);
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

void p256_make_key(uint8_t scalar[static 32], uint8_t point[static 65])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIGNUM *number = NULL;

    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
    assert_int_equal(BN_bn2binpad(number, scalar, 32), 32);
    point[0] = 0x04;
    p256_public_of(scalar, point + 1);
    BN_free(number);
    EVP_PKEY_free(key);
}

bool p256_verifies(const uint8_t public_key[static 64], const uint8_t *digest, size_t digest_len,
                   const uint8_t signature[static 64])
{
    char curve[] = "prime256v1";
    uint8_t octets[65] = {0x04};
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, octets, sizeof(octets)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *making = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY_CTX *verifying = NULL;
    EVP_PKEY *key = NULL;
    ECDSA_SIG *pair = ECDSA_SIG_new();
    uint8_t *der = NULL;
    int der_len;
    bool verifies = false;

    memcpy(octets + 1, public_key, 64);
    assert_int_equal(ECDSA_SIG_set0(pair, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL)), 1);
    der_len = i2d_ECDSA_SIG(pair, &der);
    assert_true(der_len > 0);
    if (EVP_PKEY_fromdata_init(making) == 1 && EVP_PKEY_fromdata(making, &key, EVP_PKEY_PUBLIC_KEY, params) == 1) {
        verifying = EVP_PKEY_CTX_new(key, NULL);
        verifies = EVP_PKEY_verify_init(verifying) == 1 &&
                   EVP_PKEY_verify(verifying, der, (size_t)der_len, digest, digest_len) == 1;
    }
    EVP_PKEY_CTX_free(verifying);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(making);
    ECDSA_SIG_free(pair);
    OPENSSL_free(der);
    return verifies;
}

void p256_agree(const uint8_t scalar[static 32], const uint8_t peer[static 64], uint8_t secret[static 32])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(scalar, 32, NULL);
    uint8_t octets[65] = {0x04};

    memcpy(octets + 1, peer, 64);
    assert_int_equal(EC_POINT_oct2point(group, point, octets, sizeof(octets), NULL), 1);
    assert_int_equal(EC_POINT_mul(group, point, NULL, point, number, NULL), 1);
    assert_int_equal(EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, octets, sizeof(octets), NULL), 65);
    memcpy(secret, octets + 1, 32);
    BN_free(number);
    EC_POINT_free(point);
    EC_GROUP_free(group);
}

/* s = (digest + r d) / k for a k that follows from the digest: enough for tests, and the same each time. */
void p256_sign(const uint8_t scalar[static 32], const uint8_t digest[static 32], uint8_t signature[static 64])
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    const BIGNUM *order = EC_GROUP_get0_order(group);
    BN_CTX *context = BN_CTX_new();
    EC_POINT *point = EC_POINT_new(group);
    BIGNUM *d = BN_bin2bn(scalar, 32, NULL);
    BIGNUM *e = BN_bin2bn(digest, 32, NULL);
    BIGNUM *k = BN_new();
    BIGNUM *r = BN_new();
    BIGNUM *s = BN_new();

    assert_int_equal(BN_mod_add(k, d, e, order, context), 1);
    assert_int_equal(EC_POINT_mul(group, point, k, NULL, NULL, context), 1);
    assert_int_equal(EC_POINT_get_affine_coordinates(group, point, r, NULL, context), 1);
    assert_int_equal(BN_nnmod(r, r, order, context), 1);
    assert_int_equal(BN_mod_mul(s, r, d, order, context), 1);
    assert_int_equal(BN_mod_add(s, s, e, order, context), 1);
    assert_non_null(BN_mod_inverse(k, k, order, context));
    assert_int_equal(BN_mod_mul(s, s, k, order, context), 1);
    assert_int_equal(BN_bn2binpad(r, signature, 32), 32);
    assert_int_equal(BN_bn2binpad(s, signature + 32, 32), 32);
    BN_free(s);
    BN_free(r);
    BN_free(k);
    BN_free(e);
    BN_free(d);
    EC_POINT_free(point);
    BN_CTX_free(context);
    EC_GROUP_free(group);
}
