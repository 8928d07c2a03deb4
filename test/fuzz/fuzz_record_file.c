/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Anything at all as a device's record.json, and as the file of verify-record. What must hold: it is read, or refused
 * as damaged; the facts about a key can be asked of every record that is read; writing it again and reading it gives
 * the same record.
 */
#define _GNU_SOURCE /* mkdtemp, and PATH_MAX in our headers */
#include "test/fuzz/fuzz.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "station/evidence.h"
#include "station/verify_record.h"

static char folder[] = "/tmp/fuzz-record-XXXXXX";
static char path[sizeof folder + 16];

static void clean_up(void)
{
    (void)unlink(path);
    (void)rmdir(folder);
}

static void ask_facts(const json_t *record)
{
    for (uint32_t id = 0; id < 32; id++) {
        const char *name = evidence_key_name(record, id), *hex = evidence_key_public(record, id);
        uint32_t found;

        (void)evidence_key_method(record, id);
        require(hex == NULL || strlen(hex) < 100000);
        if (name != NULL)
            (void)evidence_key_id(record, name, &found);
    }
}

static void count_finding(void *context, const struct verify_finding *finding)
{
    size_t *count = context;

    require(finding->text != NULL && finding->check != NULL && finding->result < VERIFY_RESULT_COUNT);
    ++*count;
}

/* What can be read can be checked, and every finding is counted. */
static void verify(const uint8_t *data, size_t size)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    size_t found = 0, counted = 0;
    struct verify_record record = {.context = &found, .finding = count_finding};

    if (!verify_record_text(&record, bytes_of(data, size), &err))
        require(err.reason == ERROR_INPUT_FILE);
    for (size_t i = 0; i < VERIFY_RESULT_COUNT; i++)
        counted += record.count[i];
    require(found == counted);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(mkdtemp(folder) != NULL);
    (void)snprintf(path, sizeof path, "%s/record.json", folder);
    require(atexit(clean_up) == 0);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char room[ERROR_ROOM];
    struct error err = ERROR_IN(room);
    json_t *record = NULL;
    FILE *file = fopen(path, "wb");
    size_t written;
    int closed;

    require(file != NULL);
    if (file == NULL)
        return 0;
    written = fwrite(data, 1, size, file);
    closed = fclose(file);
    require(written == size && closed == 0);
    verify(data, size);
    if (evidence_load(path, &record, &err)) {
        require(record != NULL);
        ask_facts(record);
        json_decref(record);
    } else {
        require(record == NULL && err.reason != ERROR_NONE && err.cause != NULL);
    }
    return 0;
}
