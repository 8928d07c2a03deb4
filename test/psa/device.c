/* SPDX-License-Identifier: Apache-2.0 */
#include "test/psa/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/order.h"
#include "chip/config.h"
#include "chip/operations.h"
#include "chip/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ftw.h>
#include <unistd.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

const uint8_t device_write_key[32] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x10, 0x32, 0x54,
                                      0x76, 0x98, 0xba, 0xdc, 0xfe, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
                                      0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xf0, 0x0f};

const struct device_policy device_varied_policies[CHIP_SLOTS] = {
    [VARIED_SIGN] = {0x2081, 0x0013},
    [VARIED_SIGN_ECDH] = {0x2085, 0x0013},
    [VARIED_FIXED] = {0x0081, 0x0013},
    [VARIED_INTERNAL] = {0x2082, 0x0013},
    [VARIED_IMPORT] = {0x6f83, 0x0013},
    [VARIED_HIDDEN] = {0x2081, 0x0011},
    [VARIED_LOCKABLE] = {0x2085, 0x0033},
    [VARIED_FOREIGN_KEY] = {0x4e81, 0x0013},
    [VARIED_DATA] = {0x0f0f, 0x003c},
    [VARIED_PUBLIC] = {0x0f0f, 0x0030},
    [VARIED_PUBLIC_FIXED] = {0x8f0f, 0x0010},
    [VARIED_PUBLIC_SECRET] = {0x8f8f, 0x0010},
    [12] = {0x8f8f, 0x001c},
    [13] = {0x8f8f, 0x001c},
    [14] = {0x8f8f, 0x005c},
    [15] = {0x8f8f, 0x001c},
};

/* Offsets in the config zone. */
enum { SLOT_CONFIG = 20, LOCK_VALUE = 86, LOCK_CONFIG = 87, KEY_CONFIG = 96 };

static void create_part(struct device *device, enum virtual_part part, const uint8_t *config)
{
    const struct virtual_making making = {.part = part, .config = config, .has_seed = true, .seed = 7};
    struct virtual_problem problem = {.cause = NULL};

    unlink(device->chip_path);
    if (virtual_create(device->chip_path, &making, &problem) != VIRTUAL_OK)
        fail_msg("virtual_create: %s", problem.cause);
}

static void power_on(struct device *device)
{
    struct virtual_problem problem = {.cause = NULL};

    if (virtual_open(device->chip_path, &device->part, &problem) != VIRTUAL_OK)
        fail_msg("virtual_open: %s", problem.cause);
    struct imprint_transport transport = transport_virtual_init(&device->transport, device->part);
    chip_init(&device->chip, &transport);
}

static void power_off(struct device *device)
{
    virtual_close(device->part);
    device->part = NULL;
}

/* The blank part's config zone, locked, with other slot policies where given. */
static void create_configured(struct device *device, const struct device_policy *policies, bool data_locked)
{
    uint8_t config[VIRTUAL_CONFIG_BYTES];

    create_part(device, VIRTUAL_BLANK, NULL);
    power_on(device);
    virtual_peek_config(device->part, config);
    power_off(device);
    config[LOCK_CONFIG] = 0;
    if (data_locked)
        config[LOCK_VALUE] = 0;
    for (size_t slot = 0; policies != NULL && slot < CHIP_SLOTS; slot++) {
        store16_le(&config[SLOT_CONFIG + 2 * slot], policies[slot].slot_config);
        store16_le(&config[KEY_CONFIG + 2 * slot], policies[slot].key_config);
    }
    create_part(device, VIRTUAL_FROM_CONFIG, config);
}

static void lock_data(struct device *device, bool write_key)
{
    power_on(device);
    if (write_key)
        assert_int_equal(chip_write_slot_block(&device->chip, 15, 0, device_write_key, NULL), CHIP_OK);
    assert_int_equal(chip_lock_data(&device->chip, false, 0, NULL), CHIP_OK);
    power_off(device);
}

static void make_directory(struct device *device)
{
    /* In memory where that is to be had: chip and storage sync every change. */
    const char *fallback = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    const char *temporary = getenv("TMPDIR");

    *device = (struct device){.part = NULL};
    snprintf(device->directory, sizeof device->directory, "%s/imprint-driver-XXXXXX",
             temporary != NULL ? temporary : fallback);
    assert_non_null(mkdtemp(device->directory));
    snprintf(device->chip_path, sizeof device->chip_path, "%s/chip", device->directory);
    snprintf(device->store_path, sizeof device->store_path, "%s/store", device->directory);
}

void device_make_with(struct device *device, const struct device_policy policies[static CHIP_SLOTS], bool data_locked)
{
    make_directory(device);
    create_configured(device, policies, data_locked);
}

void device_make(struct device *device, enum device_kind kind)
{
    make_directory(device);
    switch (kind) {
    case DEVICE_TRUST_AND_GO:
        create_part(device, VIRTUAL_TRUST_AND_GO, NULL);
        break;
    case DEVICE_TRUST_FLEX:
        create_part(device, VIRTUAL_TRUST_FLEX, NULL);
        break;
    case DEVICE_BLANK:
        create_part(device, VIRTUAL_BLANK, NULL);
        break;
    case DEVICE_BLANK_CONFIG_LOCKED:
    case DEVICE_BLANK_LOCKED:
        create_configured(device, NULL, false);
        if (kind == DEVICE_BLANK_LOCKED)
            lock_data(device, false);
        break;
    case DEVICE_VARIED:
    case DEVICE_VARIED_LOCKED:
        create_configured(device, device_varied_policies, false);
        if (kind == DEVICE_VARIED_LOCKED)
            lock_data(device, true);
        break;
    }
}

void device_start_unregistered(struct device *device)
{
    struct error err = {.reason = ERROR_NONE};

    power_on(device);
    if (!storage_file_open(&device->file, device->store_path, true, "test", device->system, &device->storage, &err))
        fail_msg("storage_file_open: %s", err.cause);
    driver_init(&device->driver, &device->chip, &device->storage, &device->settings);
    driver_attach(&device->driver, &device->its);
}

void device_start(struct device *device)
{
    device_start_unregistered(device);
    assert_int_equal(psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info), PSA_SUCCESS);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
}

void device_stop(struct device *device)
{
    driver_stop();
    storage_file_close(&device->file);
    power_off(device);
}

void device_restart(struct device *device)
{
    device_stop(device);
    device_start(device);
}

void device_arm(struct device *device, const char *kind, unsigned group)
{
    char id[32];

    snprintf(id, sizeof id, "%s@%u", kind, group);
    assert_true(virtual_arm_fault(device->part, id));
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

void device_remove(struct device *device)
{
    if (device->part != NULL)
        device_stop(device);
    (void)nftw(device->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

void device_expect(const struct device *device, psa_status_t status, psa_status_t expected)
{
    struct error err = device->driver.last_error;

    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    if (status != expected)
        fail_msg("PSA answered %d instead of %d; the driver's reason: %s, %s: %s (slot %d, key %u, chip status %02x)",
                 (int)status, (int)expected, error_reason_name(err.reason), err.doing != NULL ? err.doing : "-",
                 err.cause != NULL ? err.cause : "-", err.has_slot ? err.slot : -1, (unsigned)err.key_id,
                 err.chip_status);
}

void device_expect_reason(const struct device *device, psa_status_t status, psa_status_t expected,
                          enum error_reason reason)
{
    struct error err = device->driver.last_error;

    device_expect(device, status, expected);
    assert_string_equal(error_reason_name(err.reason), error_reason_name(reason));
    chip_words_for_failure(&err);
    chip_words_for_rule(&err);
    assert_non_null(err.cause);
    assert_int_equal(err.psa_status, expected);
}

static psa_key_attributes_t key_attributes(psa_key_id_t id, int slot, psa_key_type_t type, psa_key_usage_t usage)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

    psa_set_key_id(&attributes, id);
    psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
    psa_set_key_type(&attributes, type);
    psa_set_key_bits(&attributes, 256);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_ANY_HASH));
    psa_set_key_usage_flags(&attributes, usage);
    if (slot >= 0)
        psa_set_key_slot_number(&attributes, (psa_key_slot_number_t)slot);
    return attributes;
}

psa_key_attributes_t device_key_pair(psa_key_id_t id, int slot)
{
    return key_attributes(id, slot, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1),
                          PSA_KEY_USAGE_SIGN_HASH | PSA_KEY_USAGE_VERIFY_HASH);
}

psa_key_attributes_t device_public_key(psa_key_id_t id, int slot)
{
    return key_attributes(id, slot, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_SECP_R1), PSA_KEY_USAGE_VERIFY_HASH);
}

bool device_slot_public(struct device *device, uint8_t slot, uint8_t public_key[static 64])
{
    struct chip_config config;

    assert_int_equal(chip_read_config(&device->chip, &config, NULL), CHIP_OK);
    enum chip_status status = chip_slot_policy(&config, slot).is_private
                                  ? chip_read_public_key(&device->chip, slot, public_key, NULL)
                                  : chip_read_stored_public_key(&device->chip, slot, public_key, NULL);
    chip_sleep(&device->chip);
    return status == CHIP_OK;
}

void device_lock_slot(struct device *device, uint8_t slot)
{
    assert_int_equal(chip_lock_slot(&device->chip, slot, NULL), CHIP_OK);
    chip_sleep(&device->chip);
}

void device_fill_slot(struct device *device, uint8_t slot)
{
    uint8_t public_key[64];

    assert_int_equal(chip_generate_key(&device->chip, slot, public_key, NULL), CHIP_OK);
    chip_sleep(&device->chip);
}

/* --- libcrypto ------------------------------------------------------------------------------------------------- */

/* `scalar` NULL: the public key only. */
static EVP_PKEY *outside_key(const uint8_t point[static DEVICE_POINT_BYTES], const uint8_t *scalar)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *number = scalar != NULL ? BN_bin2bn(scalar, 32, NULL) : NULL;

    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, DEVICE_POINT_BYTES);
    if (number != NULL)
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    if (EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, number != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(number);
    EVP_PKEY_CTX_free(context);
    return key;
}

bool outside_verify(const uint8_t point[static DEVICE_POINT_BYTES], const uint8_t *digest, size_t digest_len,
                    const uint8_t signature[static 64])
{
    EVP_PKEY *key = outside_key(point, NULL);
    EVP_PKEY_CTX *context = key != NULL ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    ECDSA_SIG *parts = ECDSA_SIG_new();
    unsigned char *der = NULL;

    ECDSA_SIG_set0(parts, BN_bin2bn(signature, 32, NULL), BN_bin2bn(signature + 32, 32, NULL));
    int der_len = i2d_ECDSA_SIG(parts, &der);
    bool good = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_verify(context, der, (size_t)der_len, digest, digest_len) == 1;
    OPENSSL_free(der);
    ECDSA_SIG_free(parts);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return good;
}

void outside_make_key(uint8_t scalar[static 32], uint8_t point[static DEVICE_POINT_BYTES])
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    BIGNUM *number = NULL;
    size_t len = 0;

    assert_non_null(key);
    assert_int_equal(EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_PRIV_KEY, &number), 1);
    assert_int_equal(BN_bn2binpad(number, scalar, 32), 32);
    assert_int_equal(EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed"),
                     1);
    assert_int_equal(EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, DEVICE_POINT_BYTES, &len), 1);
    assert_int_equal(len, DEVICE_POINT_BYTES);
    BN_free(number);
    EVP_PKEY_free(key);
}

void outside_sign(const uint8_t scalar[static 32], const uint8_t *digest, size_t digest_len,
                  uint8_t signature[static 64])
{
    uint8_t point[DEVICE_POINT_BYTES];
    unsigned char der[80];
    const unsigned char *at = der;
    size_t der_len = sizeof der;
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    EC_POINT *sum = EC_POINT_new(group);
    BIGNUM *number = BN_bin2bn(scalar, 32, NULL);

    assert_int_equal(EC_POINT_mul(group, sum, number, NULL, NULL, NULL), 1);
    assert_int_equal(EC_POINT_point2oct(group, sum, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point, NULL),
                     sizeof point);
    EVP_PKEY *key = outside_key(point, scalar);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    assert_int_equal(EVP_PKEY_sign_init(context), 1);
    assert_int_equal(EVP_PKEY_sign(context, der, &der_len, digest, digest_len), 1);
    ECDSA_SIG *parts = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(parts), signature, 32), 32);
    assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(parts), signature + 32, 32), 32);
    ECDSA_SIG_free(parts);
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    BN_free(number);
    EC_POINT_free(sum);
    EC_GROUP_free(group);
}

void device_prove(const struct device *device, psa_key_id_t id, const uint8_t point[static DEVICE_POINT_BYTES])
{
    uint8_t digest[32], signature[64];
    size_t len = 0;

    assert_int_equal(psa_generate_random(digest, sizeof digest), PSA_SUCCESS);
    device_expect(
        device,
        psa_sign_hash(id, PSA_ALG_ECDSA(PSA_ALG_SHA_256), digest, sizeof digest, signature, sizeof signature, &len),
        PSA_SUCCESS);
    assert_int_equal(len, sizeof signature);
    assert_true(outside_verify(point, digest, sizeof digest, signature));
    digest[0] ^= 1;
    assert_false(outside_verify(point, digest, sizeof digest, signature));
}

void device_prove_key(const struct device *device, psa_key_id_t id)
{
    uint8_t point[DEVICE_POINT_BYTES];
    size_t len = 0;

    device_expect(device, psa_export_public_key(id, point, sizeof point, &len), PSA_SUCCESS);
    assert_int_equal(len, sizeof point);
    device_prove(device, id, point);
}
