/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the virtual chip costs its host: commands in process, in virtual time, on one core. Sign and Verify commands are
 * compared with libcrypto's own P-256 signature and its verification, measured in turn in the same run. The best of
 * several rounds counts, because other work of the machine only ever makes a round slower. `bench_virtual info N` runs
 * N Info commands and nothing else: two of these under valgrind give the instructions of one (test/bench/run-virtual
 * does).
 *
 * usage: bench_virtual FILE [info N]   FILE: where the part is made; it must not exist
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <inttypes.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "virtual/chip/virtual.h"

#define ROUNDS 15
#define SIGNATURES 200 /* signatures and verifications in a round */
#define INFOS 20000

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "bench_virtual: %s\n", what);
    exit(1);
}

static uint64_t clock_ns(void)
{
    struct timespec now;

    must(clock_gettime(CLOCK_MONOTONIC, &now) == 0, "no clock");
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One whole group, `group` with its CRC, as a driver sends it: wake, command, wait, reply, idle. */
static void run_group(struct virtual_chip *chip, const uint8_t *group, uint8_t reply_len)
{
    const uint8_t address = virtual_i2c_address(chip);
    bool heard = false;

    virtual_i2c_sda_low(chip, 80);
    virtual_wait_ns(chip, 1500000);
    heard = virtual_i2c_start(chip, address) && virtual_i2c_write(chip, 0x03);
    for (unsigned i = 0; heard && i < group[0]; i++)
        heard = virtual_i2c_write(chip, group[i]);
    virtual_i2c_stop(chip);
    virtual_wait_ns(chip, 120000000);
    heard = heard && virtual_i2c_start(chip, address | 1) && virtual_i2c_read(chip) == reply_len;
    must(heard, "the chip does not answer as it should");
    for (unsigned i = 1; i < reply_len; i++) {
        const uint8_t byte = virtual_i2c_read(chip);

        must(reply_len != 4 || i != 1 || byte == 0x00, "the chip refuses a command");
    }
    virtual_i2c_stop(chip);
    (void)virtual_i2c_start(chip, address);
    (void)virtual_i2c_write(chip, 0x02);
    virtual_i2c_stop(chip);
}

/* CRCs as worked out in the public descriptions: Info(Revision), Nonce of 32 zeros to the digest buffer, Sign A0. */
static const uint8_t info_group[] = {0x07, 0x30, 0x00, 0x00, 0x00, 0x03, 0x5d};
static const uint8_t nonce_group[39] = {0x27, 0x16, 0x43, [37] = 0x14, [38] = 0x3a};
static const uint8_t sign_group[] = {0x07, 0x41, 0xa0, 0x00, 0x00, 0x7b, 0x85};

static void run_infos(struct virtual_chip *chip, unsigned long count)
{
    for (unsigned long i = 0; i < count; i++)
        run_group(chip, info_group, 7);
}

/* The chip's CRC: polynomial 8005, bits of each byte least significant first. */
static void seal(uint8_t *group)
{
    const unsigned at = group[0] - 2u;
    unsigned crc = 0;

    for (unsigned i = 0; i < at; i++)
        for (unsigned bit = 0; bit < 8; bit++)
            crc = ((crc << 1) ^ ((((unsigned)group[i] >> bit & 1) ^ (crc >> 15 & 1)) != 0 ? 0x8005u : 0)) & 0xffff;
    group[at] = (uint8_t)crc;
    group[at + 1] = (uint8_t)(crc >> 8);
}

/* libcrypto's own key, a signature of 32 zeros by it, and the same as the chip is given them. */
struct contest {
    EVP_PKEY *key;
    EVP_PKEY_CTX *signer, *verifier;
    uint8_t signature[80];
    size_t signature_len;
    uint8_t verify_group[135]; /* Verify 22: external, over the message digest buffer; R | S | X | Y */
};

static const uint8_t digest[32];

static void prepare(struct contest *contest)
{
    const uint8_t *at = contest->signature;
    ECDSA_SIG *pair = NULL;
    uint8_t point[65];
    size_t len = 0;

    contest->key = EVP_EC_gen("P-256");
    must(contest->key != NULL, "libcrypto has no P-256");
    contest->signer = EVP_PKEY_CTX_new_from_pkey(NULL, contest->key, NULL);
    contest->verifier = EVP_PKEY_CTX_new_from_pkey(NULL, contest->key, NULL);
    must(contest->signer != NULL && EVP_PKEY_sign_init(contest->signer) == 1 && contest->verifier != NULL &&
             EVP_PKEY_verify_init(contest->verifier) == 1,
         "libcrypto has no ECDSA");
    contest->signature_len = sizeof contest->signature;
    must(EVP_PKEY_sign(contest->signer, contest->signature, &contest->signature_len, digest, sizeof digest) == 1,
         "libcrypto does not sign");
    pair = d2i_ECDSA_SIG(NULL, &at, (long)contest->signature_len);
    must(pair != NULL &&
             EVP_PKEY_get_octet_string_param(contest->key, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point, &len) == 1 &&
             len == sizeof point,
         "libcrypto does not show key and signature");
    memcpy(contest->verify_group, (const uint8_t[5]){sizeof contest->verify_group, 0x45, 0x22, 0x04, 0x00}, 5);
    (void)BN_bn2binpad(ECDSA_SIG_get0_r(pair), contest->verify_group + 5, 32);
    (void)BN_bn2binpad(ECDSA_SIG_get0_s(pair), contest->verify_group + 37, 32);
    memcpy(contest->verify_group + 69, point + 1, 64);
    seal(contest->verify_group);
    ECDSA_SIG_free(pair);
}

static void release(struct contest *contest)
{
    EVP_PKEY_CTX_free(contest->verifier);
    EVP_PKEY_CTX_free(contest->signer);
    EVP_PKEY_free(contest->key);
}

enum work { ONLY_NONCE, CHIP_SIGNS, LIBCRYPTO_SIGNS, CHIP_VERIFIES, LIBCRYPTO_VERIFIES, WORKS };

static void do_once(struct virtual_chip *chip, const struct contest *contest, enum work work)
{
    uint8_t signature[80];
    size_t len = sizeof signature;

    switch (work) {
    case CHIP_SIGNS:
        run_group(chip, nonce_group, 4);
        run_group(chip, sign_group, 67);
        break;
    case CHIP_VERIFIES:
        run_group(chip, nonce_group, 4);
        run_group(chip, contest->verify_group, 4);
        break;
    case LIBCRYPTO_SIGNS:
        must(EVP_PKEY_sign(contest->signer, signature, &len, digest, sizeof digest) == 1, "libcrypto does not sign");
        break;
    case LIBCRYPTO_VERIFIES:
        must(EVP_PKEY_verify(contest->verifier, contest->signature, contest->signature_len, digest, sizeof digest) == 1,
             "libcrypto does not verify");
        break;
    default:
        run_group(chip, nonce_group, 4);
        break;
    }
}

static void print_ratio(const char *command, uint64_t chip_ns, uint64_t libcrypto_ns)
{
    printf("  %-6s command               %8.1f us\n", command, (double)chip_ns / SIGNATURES / 1000);
    printf("  libcrypto's own              %8.1f us\n", (double)libcrypto_ns / SIGNATURES / 1000);
    printf("  ratio                        %8.2f\n", (double)chip_ns / (double)libcrypto_ns);
}

static void compare_signatures(struct virtual_chip *chip)
{
    struct contest contest = {.key = NULL};
    uint64_t best_ns[WORKS];

    prepare(&contest);
    memset(best_ns, 0xff, sizeof best_ns);
    for (unsigned round = 0; round < ROUNDS; round++)
        for (enum work work = ONLY_NONCE; work < WORKS; work++) {
            const uint64_t began_ns = clock_ns();
            uint64_t taken_ns = 0;

            for (unsigned i = 0; i < SIGNATURES; i++)
                do_once(chip, &contest, work);
            taken_ns = clock_ns() - began_ns;
            if (taken_ns < best_ns[work])
                best_ns[work] = taken_ns;
        }
    print_ratio("Sign", best_ns[CHIP_SIGNS] - best_ns[ONLY_NONCE], best_ns[LIBCRYPTO_SIGNS]);
    print_ratio("Verify", best_ns[CHIP_VERIFIES] - best_ns[ONLY_NONCE], best_ns[LIBCRYPTO_VERIFIES]);
    release(&contest);
}

int main(int argc, char **argv)
{
    const struct virtual_making making = {.part = VIRTUAL_TRUST_FLEX, .has_seed = true, .seed = 1};
    struct virtual_problem problem;
    struct virtual_chip *chip = NULL;
    uint64_t best_ns = UINT64_MAX;

    must(argc == 2 || (argc == 4 && strcmp(argv[2], "info") == 0), "usage: bench_virtual FILE [info N]");
    must(virtual_create(argv[1], &making, &problem) == VIRTUAL_OK, "the part cannot be made");
    must(virtual_open(argv[1], &chip, &problem) == VIRTUAL_OK, "the part cannot be opened");
    if (argc == 4) {
        run_infos(chip, strtoul(argv[3], NULL, 10));
    } else {
        printf("virtual chip, one core, virtual time\n");
        for (unsigned round = 0; round < ROUNDS; round++) {
            const uint64_t began_ns = clock_ns();
            uint64_t taken_ns = 0;

            run_infos(chip, INFOS);
            taken_ns = clock_ns() - began_ns;
            if (taken_ns < best_ns)
                best_ns = taken_ns;
        }
        printf("  Info command                 %8.2f us, wake and idle included\n", (double)best_ns / INFOS / 1000);
        compare_signatures(chip);
    }
    virtual_close(chip);
    return 0;
}
