/* SPDX-License-Identifier: Apache-2.0 */
#include "web/failures.h"

#include <stdio.h>
#include <string.h>

#include "web/network.h"
#include "web/sessions.h"

#define FORGET_MS ((int64_t)15 * 60 * 1000) /* a row that has been quiet so long counts from 0 again */

static void key_of(const char *name, const char *address, char key[static FAILURES_KEY_SIZE])
{
    char network[SESSIONS_ADDRESS_SIZE];

    network_of(address, network, sizeof network);
    (void)snprintf(key, FAILURES_KEY_SIZE, "%s@%s", name, network);
}

static bool is_quiet(const struct failure_row *row, int64_t now_ms)
{
    return row->key[0] == '\0' || now_ms - row->last_ms > FORGET_MS;
}

/* The row of the key; NULL: there is none. */
static const struct failure_row *find(const struct failures *failures, const char *key)
{
    for (size_t i = 0; i < FAILURES_ROWS; i++)
        if (strcmp(failures->rows[i].key, key) == 0)
            return &failures->rows[i];
    return NULL;
}

/* The row of the key, made where there is none: in a free place, or that of the row that has been quiet longest. */
static struct failure_row *find_or_make(struct failures *failures, const char *key, int64_t now_ms)
{
    struct failure_row *place = &failures->rows[0];

    for (size_t i = 0; i < FAILURES_ROWS; i++) {
        struct failure_row *row = &failures->rows[i];

        if (strcmp(row->key, key) == 0) {
            place = row;
            break;
        }
        if (row->last_ms < place->last_ms)
            place = row;
    }
    if (strcmp(place->key, key) != 0 || is_quiet(place, now_ms))
        *place = (struct failure_row){.count = 0};
    (void)snprintf(place->key, sizeof place->key, "%s", key);
    return place;
}

static int64_t wait_of(const struct failures *failures, const char *name, const char *address, unsigned most,
                       int64_t now_ms)
{
    const struct failure_row *row;
    char key[FAILURES_KEY_SIZE];
    int64_t rest;

    key_of(name, address, key);
    row = find(failures, key);
    if (row == NULL || row->count < most)
        return 0;
    rest = row->last_ms + FAILURES_WAIT_MS - now_ms;
    return rest > 0 ? rest : 0;
}

int64_t failures_wait(const struct failures *failures, const char *name, const char *address, int64_t now_ms)
{
    const int64_t of_name = wait_of(failures, name, address, FAILURES_OF_NAME, now_ms);
    const int64_t of_address = wait_of(failures, "", address, FAILURES_OF_ADDRESS, now_ms);

    return of_name > of_address ? of_name : of_address;
}

static void count(struct failures *failures, const char *name, const char *address, int64_t now_ms)
{
    struct failure_row *row;
    char key[FAILURES_KEY_SIZE];

    key_of(name, address, key);
    row = find_or_make(failures, key, now_ms);
    row->count++;
    row->last_ms = now_ms;
}

bool failures_add(struct failures *failures, const char *name, const char *address, int64_t now_ms)
{
    count(failures, name, address, now_ms);
    count(failures, "", address, now_ms);
    return failures_wait(failures, name, address, now_ms) > 0;
}

void failures_forget(struct failures *failures, const char *name, const char *address)
{
    char key[FAILURES_KEY_SIZE];

    key_of(name, address, key);
    for (size_t i = 0; i < FAILURES_ROWS; i++)
        if (strcmp(failures->rows[i].key, key) == 0)
            failures->rows[i] = (struct failure_row){.count = 0};
}
