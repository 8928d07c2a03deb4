/* SPDX-License-Identifier: Apache-2.0 */
/* No failure of a lower layer becomes success, and what callers tell apart stays apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "psa/status.h"
#include "psa/storage_status.h"

static void only_success_is_success(void **state)
{
    (void)state;
    for (int status = 0; status < CHIP_STATUS_COUNT + 300; status++) {
        psa_status_t psa = driver_status_of_chip((enum chip_status)status);
        assert_int_equal(psa == PSA_SUCCESS, status == CHIP_OK);
        assert_int_equal(psa == PSA_ERROR_GENERIC_ERROR, status >= CHIP_STATUS_COUNT);
    }
    for (int status = 0; status <= STORAGE_REFUSED + 300; status++) {
        psa_status_t psa = driver_status_of_storage((enum storage_status)status);
        assert_int_equal(psa == PSA_SUCCESS, status == STORAGE_OK);
        assert_int_equal(psa == PSA_ERROR_GENERIC_ERROR, status > STORAGE_REFUSED);
        assert_int_equal(psa == PSA_ERROR_DOES_NOT_EXIST, status == STORAGE_ABSENT);
    }
}

static void silence_is_not_refusal(void **state)
{
    static const enum chip_status unreachable[] = {CHIP_COMMAND_CRC, CHIP_NO_ANSWER,  CHIP_GARBLED,
                                                   CHIP_RESET,       CHIP_REPLY_LOST, CHIP_GONE,
                                                   CHIP_BUS_BUSY,    CHIP_BUS_STUCK,  CHIP_BUS_LIMIT};

    (void)state;
    for (size_t i = 0; i < sizeof unreachable / sizeof unreachable[0]; i++)
        assert_int_equal(driver_status_of_chip(unreachable[i]), PSA_ERROR_COMMUNICATION_FAILURE);
    assert_int_equal(driver_status_of_chip(CHIP_EXECUTION), PSA_ERROR_HARDWARE_FAILURE);
    assert_int_equal(driver_status_of_chip(CHIP_MISCOMPARE), PSA_ERROR_INVALID_SIGNATURE);
    assert_int_equal(driver_status_of_chip(CHIP_SELF_TEST), PSA_ERROR_CORRUPTION_DETECTED);
    assert_int_equal(driver_status_of_storage(STORAGE_CORRUPT), PSA_ERROR_DATA_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_success_is_success),
        cmocka_unit_test(silence_is_not_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
