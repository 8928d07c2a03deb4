/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A product's program with imprint's public headers and PSA's alone: a key store on a flash in memory, a bus on which
 * no chip answers. PSA Crypto starts, keeps a key in the store, and has the driver ask the bus for a key in the chip.
 */
#include <stdio.h>
#include <string.h>

#include <psa/crypto.h>

#include <imprint/flash.h>
#include <imprint/psa.h>
#include <imprint/store.h>
#include <imprint/transport.h>

#if __STDC_VERSION__ != 201710L || !defined(__GNUC__) || defined(__STRICT_ANSI__)
#error "not compiled as the product asks for: C17 with GNU's extensions"
#endif
#if _FORTIFY_SOURCE != 3
#error "not compiled with the product's own options"
#endif

#define KEY 7
#define BLOCK 4096u
#define BLOCKS 4u

struct flash {
    uint8_t bytes[BLOCKS * BLOCK];
};

static bool flash_read(void *context, uint32_t at, uint8_t *data, size_t len)
{
    const struct flash *flash = context;

    memcpy(data, flash->bytes + at, len);
    return true;
}

static bool flash_program(void *context, uint32_t at, const uint8_t *data, size_t len)
{
    struct flash *flash = context;

    memcpy(flash->bytes + at, data, len);
    return true;
}

static bool flash_erase(void *context, uint32_t block)
{
    struct flash *flash = context;

    memset(flash->bytes + block * BLOCK, 0xFF, BLOCK);
    return true;
}

/* The bus: counts how often a chip was looked for. */
struct bus {
    unsigned wakes;
    uint64_t now_us;
};

static enum imprint_transport_status bus_wake(void *context)
{
    struct bus *bus = context;

    bus->wakes++;
    return IMPRINT_TRANSPORT_OK;
}

static enum imprint_transport_status bus_send(void *context, const uint8_t *group, size_t len)
{
    (void)context, (void)group, (void)len;
    return IMPRINT_TRANSPORT_NO_ANSWER;
}

static enum imprint_transport_status bus_receive(void *context, uint8_t *group, size_t cap, size_t *len)
{
    (void)context, (void)group, (void)cap;
    *len = 0;
    return IMPRINT_TRANSPORT_NO_ANSWER;
}

static enum imprint_transport_status bus_rest(void *context)
{
    (void)context;
    return IMPRINT_TRANSPORT_NO_ANSWER;
}

static void bus_delay_us(void *context, uint32_t microseconds)
{
    struct bus *bus = context;

    bus->now_us += microseconds;
}

static uint64_t bus_now_us(void *context)
{
    const struct bus *bus = context;

    return bus->now_us;
}

static const struct imprint_transport_operations bus_operations = {
    .name = "product",
    .wake = bus_wake,
    .send = bus_send,
    .receive = bus_receive,
    .idle = bus_rest,
    .sleep = bus_rest,
    .delay_us = bus_delay_us,
    .now_us = bus_now_us,
};

static int failed(const char *what, psa_status_t status)
{
    const char *reason = imprint_psa_reason(status);

    fprintf(stderr, "product: cannot %s: PSA status %d, %s\n", what, (int)status, reason != NULL ? reason : "-");
    return 1;
}

/* A persistent key for AES under KEY, which the store has afterwards. */
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
    static struct flash flash;
    static struct imprint_psa psa;
    static struct imprint_store store;
    struct bus bus = {0};
    const struct imprint_flash_device device = {
        .block_size = BLOCK,
        .block_count = BLOCKS,
        .unit = 4,
        .blank_is_erased = true,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
        .context = &flash,
    };
    const struct imprint_transport transport = {.operations = &bus_operations, .context = &bus};
    const char *problem = NULL;
    psa_status_t status;

    memset(flash.bytes, 0xFF, sizeof flash.bytes);
    if (!imprint_store_open_flash(&store, &device, true, &problem)) {
        fprintf(stderr, "product: cannot open the store: %s\n", problem);
        return 1;
    }
    status = imprint_psa_start(&psa, &transport, &store, NULL, &atecc608a_drv_info);
    if (status != PSA_SUCCESS)
        return failed("start PSA Crypto", status);
    status = keep_a_key();
    if (status != PSA_SUCCESS)
        return failed("keep a key", status);
    status = make_a_key_in_the_chip();
    if (status == PSA_SUCCESS || bus.wakes == 0)
        return failed("have the driver look for a chip on the bus", status);
    printf("no key in the chip: %s\n", imprint_psa_reason(status));
    imprint_psa_stop(&psa);

    /* Another start finds the key in the store. */
    status = imprint_psa_start(&psa, &transport, &store, NULL, &atecc608a_drv_info);
    if (status != PSA_SUCCESS)
        return failed("start PSA Crypto again", status);
    status = psa_destroy_key(KEY);
    if (status != PSA_SUCCESS)
        return failed("find the key in the store", status);
    imprint_psa_stop(&psa);
    imprint_store_close(&store);
    puts("the key was in the store");
    return 0;
}
