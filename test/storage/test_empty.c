/* SPDX-License-Identifier: Apache-2.0 */
/* The store that holds nothing: the PSA core starts on it, and nothing can be put there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <psa/crypto.h>

#include "psa/its.h"
#include "storage/empty.h"

static void test_holds_nothing(void **state)
{
    struct storage storage;
    uint8_t data[4] = {1, 2, 3, 4};
    struct bytes_out out = {.data = data, .cap = sizeof data, .len = 3};
    uint64_t uid = 7;

    (void)state;
    storage_empty_open(&storage);
    assert_int_equal(storage.operations->set(storage.context, 1, 0, bytes_of(data, 4)), STORAGE_READ_ONLY);
    assert_int_equal(storage.operations->get(storage.context, 1, 0, &out, NULL), STORAGE_ABSENT);
    assert_int_equal(out.len, 0);
    assert_int_equal(storage.operations->remove(storage.context, 1), STORAGE_ABSENT);
    assert_int_equal(storage.operations->next(storage.context, true, &uid), STORAGE_ABSENT);
    assert_int_equal(storage.operations->reserve(storage.context, 10), STORAGE_READ_ONLY);
    storage.operations->release(storage.context);
}

static void test_psa_starts_on_it(void **state)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    struct storage storage;
    struct its its;
    psa_key_id_t id;

    (void)state;
    storage_empty_open(&storage);
    its_mount(&its, &storage);
    assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
    assert_int_equal(psa_get_key_attributes(16, &attributes), PSA_ERROR_INVALID_HANDLE);
    psa_set_key_id(&attributes, 16);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    assert_int_not_equal(psa_generate_key(&attributes, &id), PSA_SUCCESS);
    mbedtls_psa_crypto_free();
    its_unmount();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds_nothing),
        cmocka_unit_test(test_psa_starts_on_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
