/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the virtual chip costs its host: commands in process, in virtual time, on one core. A Sign command is compared
 * with libcrypto's own P-256 signature, measured in turn with it in the same run; best of several rounds, because other
 * work of the machine only ever makes a round slower. `bench_virtual info N` runs N Info commands and nothing else: two
 * of these under valgrind give the instructions of one (test/bench/run does).
 *
 * usage: bench_virtual FILE [info N]   FILE: where the part is made; it must not exist
 */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include <inttypes.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "virtual/chip/virtual.h"

#define ROUNDS 15
#define SIGNATURES 200 /* of each kind in a round */
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
    for (unsigned i = 1; i < reply_len; i++)
        (void)virtual_i2c_read(chip);
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

static void libcrypto_signs(EVP_PKEY_CTX *signer)
{
    static const uint8_t digest[32];
    uint8_t signature[80];
    size_t len = sizeof signature;

    must(EVP_PKEY_sign(signer, signature, &len, digest, sizeof digest) == 1, "libcrypto does not sign");
}

static void compare_signatures(struct virtual_chip *chip)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_PKEY_CTX *signer = key == NULL ? NULL : EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    uint64_t best_ns[3] = {UINT64_MAX, UINT64_MAX, UINT64_MAX}; /* Nonce, Nonce and Sign, libcrypto */

    must(signer != NULL && EVP_PKEY_sign_init(signer) == 1, "libcrypto has no P-256");
    for (unsigned round = 0; round < ROUNDS; round++)
        for (unsigned kind = 0; kind < 3; kind++) {
            const uint64_t began_ns = clock_ns();
            uint64_t taken_ns = 0;

            for (unsigned i = 0; i < SIGNATURES; i++) {
                if (kind <= 1)
                    run_group(chip, nonce_group, 4);
                if (kind == 1)
                    run_group(chip, sign_group, 67);
                if (kind == 2)
                    libcrypto_signs(signer);
            }
            taken_ns = clock_ns() - began_ns;
            if (taken_ns < best_ns[kind])
                best_ns[kind] = taken_ns;
        }
    printf("  Sign command                 %8.1f us\n", (double)(best_ns[1] - best_ns[0]) / SIGNATURES / 1000);
    printf("  libcrypto's own signature    %8.1f us\n", (double)best_ns[2] / SIGNATURES / 1000);
    printf("  ratio                        %8.2f\n", (double)(best_ns[1] - best_ns[0]) / (double)best_ns[2]);
    EVP_PKEY_CTX_free(signer);
    EVP_PKEY_free(key);
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
