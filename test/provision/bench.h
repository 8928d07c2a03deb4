/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device on the bench, for tests of the engine: a started world (test/support/world.h), a profile, and callbacks that
 * answer as the test has set. Failures of the set-up itself end the test.
 */
#ifndef IMPRINT_TEST_PROVISION_BENCH_H
#define IMPRINT_TEST_PROVISION_BENCH_H

#include "provision/provision.h"
#include "test/support/world.h"

struct bench {
    struct world world;
    struct profile profile;
    struct provision provision;
    struct provision_plan plan;
    struct provision_evidence evidence;
    struct error err;
    bool is_armed;
    int stop_before_step; /* progress() stops the run before this step (counted from 0), -1 never */
    int steps_started;
    bool tamper_before_lock;
    bool brings_no_key;    /* the file with the private key to import is gone */
    bool brings_other_key; /* the file with the private key to import is another than before */
    uint8_t refills;       /* the slot that gets another key, past PSA, once the run has made one; 0: none */
    struct provision_key_evidence recorded; /* the record of one key, that it proved itself; key_id 0: there is none */
    bool record_matches_all;                /* compared with that record, any key is the recorded one */
    struct virtual_chip *exchange;          /* takes the chip's place on the bus once the last step is done */
};

/* The example's plan, and a blank part with a key of each kind. */
extern const char bench_example[], bench_three_ways[];

/* The public key that bench_three_ways imports: the generator of the curve. */
extern const uint8_t bench_point[65];

/* A new part, with a fixed seed, and the profile; powered. */
void bench_open(struct bench *bench, enum virtual_part part, const char *yaml);
void bench_close(struct bench *bench);

void bench_power_on(struct bench *bench);
void bench_power_off(struct bench *bench);
void bench_restart(struct bench *bench);

/* Observes and executes. */
enum provision_status bench_run(struct bench *bench);

/* Fails the test, and says why it went wrong, unless `got` is `wanted`. */
void bench_expect(struct bench *bench, enum provision_status wanted, enum provision_status got);

#endif
