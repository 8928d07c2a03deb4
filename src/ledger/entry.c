/* SPDX-License-Identifier: Apache-2.0 */
#include "ledger/entry.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ledger/canonical.h"

/* What was found of it, as bits. */
enum found { FOUND_FORMAT = 1, FOUND_VERSION = 2, FOUND_LOG = 4, FOUND_SEQ = 8, FOUND_TIME = 16, FOUND_ALL = 31 };

struct reading {
    struct entry *entry;
    unsigned found;
};

static bool is(struct bytes text, const char *word)
{
    return bytes_equal(text, bytes_of(word, strlen(word)));
}

/* A string without escapes, which no name and no time has. */
static bool copy_string(struct bytes value, char *text, size_t size)
{
    if (value.len < 2 || value.data[0] != '"' || value.len - 2 >= size || memchr(value.data, '\\', value.len) != NULL)
        return false;
    memcpy(text, value.data + 1, value.len - 2);
    text[value.len - 2] = '\0';
    return text[0] != '\0';
}

static bool copy_number(struct bytes value, uint64_t *number)
{
    *number = 0;
    for (size_t i = 0; i < value.len; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return false;
        *number = *number * 10 + (value.data[i] - '0'); /* canonical numbers stay below 2^53 */
    }
    return value.len > 0;
}

/* "2026-01-31T12:00:00.000Z" */
static bool copy_time(struct bytes value, char time[static ENTRY_TIME_SIZE])
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd.dddZ";

    if (!copy_string(value, time, ENTRY_TIME_SIZE) || strlen(time) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (form[i] == 'd' ? time[i] < '0' || time[i] > '9' : time[i] != form[i])
            return false;
    return true;
}

static void on_member(void *context, struct bytes name, struct bytes value)
{
    struct reading *reading = context;
    struct entry *entry = reading->entry;

    if (is(name, "format") && is(value, "\"" ENTRY_FORMAT "\""))
        reading->found |= FOUND_FORMAT;
    else if (is(name, "version") && is(value, "1"))
        reading->found |= FOUND_VERSION;
    else if (is(name, "log") && copy_string(value, entry->log, sizeof entry->log))
        reading->found |= FOUND_LOG;
    else if (is(name, "seq") && copy_number(value, &entry->seq))
        reading->found |= FOUND_SEQ;
    else if (is(name, "time") && copy_time(value, entry->time))
        reading->found |= FOUND_TIME;
    else if (is(name, "clock_back"))
        entry->clock_back = is(value, "true");
}

bool entry_read(struct bytes text, struct entry *entry, const char **why)
{
    static const struct {
        unsigned bit;
        const char *why;
    } rows[] = {
        {FOUND_FORMAT, "it is not an entry of a ledger"},
        {FOUND_VERSION, "its version is not 1"},
        {FOUND_LOG, "it does not say of which log it is"},
        {FOUND_SEQ, "it has no number"},
        {FOUND_TIME, "it has no time"},
    };
    struct reading reading = {.entry = entry};

    memset(entry, 0, sizeof *entry);
    *why = text.len > ENTRY_MAX ? "it is longer than 60,000 bytes" : NULL;
    if (*why == NULL && !canonical_check(text, on_member, &reading, NULL))
        *why = "it is not canonical JSON";
    for (size_t i = 0; *why == NULL && i < sizeof rows / sizeof rows[0]; i++)
        if ((reading.found & rows[i].bit) == 0)
            *why = rows[i].why;
    return *why == NULL;
}

void entry_time_now(char time[static ENTRY_TIME_SIZE])
{
    struct timespec now;
    struct tm utc;
    size_t len = 0;

    if (clock_gettime(CLOCK_REALTIME, &now) == 0 && gmtime_r(&now.tv_sec, &utc) != NULL)
        len = strftime(time, ENTRY_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &utc);
    if (len == sizeof "2026-01-31T12:00:00" - 1)
        snprintf(time + len, ENTRY_TIME_SIZE - len, ".%03uZ", (unsigned)(now.tv_nsec / 1000000) % 1000);
    else /* no clock, or one beyond the year 9999 */
        memcpy(time, "0000-00-00T00:00:00.000Z", ENTRY_TIME_SIZE);
}
