/* SPDX-License-Identifier: Apache-2.0 */
/* A program that names nothing but Mbed TLS's library gets the storage under it. */
#include "test/support/scratch.h"

#include <psa/crypto.h>

#include "psa/its.h"
#include "storage/memory.h"

static void test_init(void **state)
{
    (void)state;
    static uint8_t room[4096];
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_key_id_t id;

    /* Nothing is mounted: the core cannot tell whether a transaction is open, and does not start. */
    assert_int_equal(psa_crypto_init(), PSA_ERROR_STORAGE_FAILURE);
    storage_memory_open(&memory, room, sizeof room, &storage);
    its_mount(&its, &storage);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    psa_set_key_id(&attributes, 5);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
    psa_set_key_bits(&attributes, 256);
    assert_int_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    mbedtls_psa_crypto_free();
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(psa_get_key_attributes(5, &attributes), PSA_SUCCESS);
    assert_int_equal(psa_destroy_key(5), PSA_SUCCESS);
    assert_int_equal(psa_get_key_attributes(5, &attributes), PSA_ERROR_INVALID_HANDLE);
    mbedtls_psa_crypto_free();
    its_unmount();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_init)};
    return cmocka_run_group_tests_name("linking", tests, NULL, NULL);
}
