/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product's program as far as it goes without a chip: starts PSA Crypto with imprint's driver over a store in memory,
 * keeps a key there, and finds that the driver is asked for a key in the chip.
 */
#include <stdio.h>

#include <psa/crypto.h>

#include "psa/its.h"
#include <imprint/psa.h>
#include "storage/memory.h"

#if __STDC_VERSION__ != 201710L || !defined(__GNUC__) || defined(__STRICT_ANSI__)
#error "not compiled as the product asks for: C17 with GNU's extensions"
#endif
#if _FORTIFY_SOURCE != 3
#error "not compiled with the product's own options"
#endif

#define KEY 7

static int failed(const char *what, psa_status_t status)
{
    fprintf(stderr, "product: cannot %s: PSA status %d\n", what, (int)status);
    return 1;
}

/* Keeps a key for AES under KEY; `storage` has it afterwards, since the key is persistent. */
static psa_status_t keep_a_key(void)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key;

    psa_set_key_id(&attributes, KEY);
    psa_set_key_lifetime(&attributes, PSA_KEY_LIFETIME_PERSISTENT);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    psa_set_key_bits(&attributes, 128);
    return psa_generate_key(&attributes, &key);
}

/* What PSA says when a key shall be made in the chip while no chip is bound to the driver. */
static psa_status_t make_a_key_in_the_chip(void)
{
    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    mbedtls_svc_key_id_t key;

    psa_set_key_id(&attributes, KEY + 1);
    psa_set_key_lifetime(&attributes, PSA_ATECC608A_LIFETIME);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_KEY_PAIR(PSA_ECC_FAMILY_SECP_R1));
    psa_set_key_bits(&attributes, 256);
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_HASH);
    psa_set_key_algorithm(&attributes, PSA_ALG_ECDSA(PSA_ALG_SHA_256));
    return psa_generate_key(&attributes, &key);
}

int main(void)
{
    static uint8_t bytes[1024];
    struct storage_memory memory;
    struct storage storage;
    struct its its;
    psa_status_t status;

    storage_memory_open(&memory, bytes, sizeof bytes, &storage);
    its_mount(&its, &storage);
    status = psa_register_se_driver(PSA_ATECC608A_LOCATION, &atecc608a_drv_info);
    if (status != PSA_SUCCESS)
        return failed("register the driver", status);
    status = psa_crypto_init();
    if (status != PSA_SUCCESS)
        return failed("start PSA Crypto", status);
    status = keep_a_key();
    if (status != PSA_SUCCESS)
        return failed("keep a key", status);
    if (memory.entries.len == 0)
        return failed("find the key in the store", status);
    status = make_a_key_in_the_chip();
    if (status != PSA_ERROR_BAD_STATE)
        return failed("have the driver say that there is no chip", status);
    printf("the store holds %zu bytes, and the driver was asked\n", memory.entries.len);
    mbedtls_psa_crypto_free();
    return 0;
}
