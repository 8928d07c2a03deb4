/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all that a board says of its plan and of a finished device. Each line is a frame without marks; the word
 * "accept" alone is the station, which accepts the plan. What must hold: every step of a complete plan is one that the
 * profile needs; after the plan was accepted, neither the device nor a step's kind and key changes; and no result is
 * believed that is of another device, or whose keys did not sign.
 */
#define _GNU_SOURCE /* PATH_MAX in our headers */
#include "test/fuzz/fuzz.h"

#include <limits.h>
#include <string.h>

#include "link/line.h"
#include "profile/text/text.h"
#include "station/board_results.h"
#include "station/evidence.h"
#include "station/verifier.h"

static const char text[] = "imprint: 1\n"
                           "name: fuzzed\n"
                           "chip:\n"
                           "  parts: [ATECC608A, ATECC608B]\n"
                           "  configuration: policy\n"
                           "  lock: [config, data]\n"
                           "keys:\n"
                           "  - name: device\n"
                           "    id: 16\n"
                           "    method: generate\n"
                           "    slot: 0\n"
                           "    type: ecc-key-pair(secp-r1)\n"
                           "    bits: 256\n"
                           "    algorithm: ecdsa(sha-256)\n"
                           "    usage: [sign-hash]\n"
                           "    lock-slot: true\n"
                           "    csr-subject: CN={serial}\n"
                           "  - name: other\n"
                           "    id: 17\n"
                           "    method: generate\n"
                           "    slot: 1\n"
                           "    type: ecc-key-pair(secp-r1)\n"
                           "    bits: 256\n"
                           "    algorithm: ecdsa(any-hash)\n"
                           "    usage: [sign-hash]\n"
                           "certificates:\n"
                           "  - name: other\n"
                           "    key: other\n"
                           "    issuer: factory\n"
                           "    kind: tls-client\n"
                           "    subject: CN={serial}\n"
                           "    valid: 20\n"
                           "    slot: 10\n"
                           "    psa-id: 0x1001\n";

static struct profile profile;
static struct verifier verifier;
static struct board_results results;
static struct provision_plan accepted;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    struct profile_complaint complaint;
    struct error err = {.reason = ERROR_NONE};

    (void)argc;
    (void)argv;
    require(profile_read_text(text, sizeof text - 1, &profile, &complaint) && verifier_start(&verifier, &err));
    return 0;
}

/* What the station does with a complete plan. */
static void use_plan(void)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    require(results.plan.step_count <= PROVISION_STEPS_MAX);
    for (size_t i = 0; i < results.plan.step_count; i++) {
        const struct provision_step *step = &results.plan.steps[i];

        require(step->kind != NULL && step->kind->is_needed(&profile, step->key));
        (void)evidence_may_lose(NULL, step, &err);
    }
    (void)evidence_may_make(NULL, &profile, &results.plan, &err);
    (void)provision_triage(&results.plan, ERROR_NONE);
}

static void accept_plan(void)
{
    if (results.is_planned || !board_results_plan_complete(&results))
        return;
    use_plan();
    board_results_accept_plan(&results);
    accepted = results.plan;
}

static void take_line(char *line)
{
    const struct provision_step *step = NULL;
    struct link_words words;

    if (strcmp(line, "accept") == 0)
        accept_plan();
    else if (link_split(line, LINK_TEXT, &words))
        board_results_take(&results, &words, &step);
    require(step == NULL || (step >= results.plan.steps && step < results.plan.steps + results.plan.step_count));
}

static void use_results(void)
{
    struct key_files files;
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);

    if (!results.is_planned)
        return;
    use_plan();
    require(memcmp(results.plan.serial, accepted.serial, sizeof accepted.serial) == 0 &&
            results.plan.step_count == accepted.step_count);
    for (size_t i = 0; i < accepted.step_count; i++)
        require(results.plan.steps[i].kind == accepted.steps[i].kind &&
                results.plan.steps[i].key == accepted.steps[i].key &&
                results.plan.steps[i].forever == accepted.steps[i].forever);
    if (!board_results_complete(&results))
        return;
    key_files_init(&files, "fuzzed.yaml");
    require(!board_results_check(&results, &files, &err) && err.reason != ERROR_NONE); /* nobody signed the nonce */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + 1), *next = copy;

    require(copy != NULL);
    if (copy == NULL)
        return 0;
    memcpy(copy, data, size);
    copy[size] = '\0';
    memset(&results, 0, sizeof results);
    results.profile = &profile;
    memset(results.nonce, 0x5a, sizeof results.nonce);
    while (next != NULL) {
        char *line = next;

        next = strchr(line, '\n');
        if (next != NULL)
            *next++ = '\0';
        take_line(line);
    }
    use_results();
    free(copy);
    return 0;
}
