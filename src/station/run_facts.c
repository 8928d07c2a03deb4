/* SPDX-License-Identifier: Apache-2.0 */
#include "station/run_facts.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error_format.h"
#include "base/number.h"
#include "imprint_version.h"
#include "station/value.h"

void run_facts_time(char text[static RUN_FACTS_TIME_SIZE])
{
    time_t now = time(NULL);
    struct tm utc;

    if (gmtime_r(&now, &utc) == NULL || strftime(text, RUN_FACTS_TIME_SIZE, "%Y-%m-%dT%H:%M:%SZ", &utc) == 0)
        memcpy(text, "unknown", sizeof "unknown");
}

/* Control characters: C0, DEL, and C1, which are C2 80 to C2 9F in UTF-8. */
static bool has_control_characters(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
        if (*at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0))
            return true;
    return false;
}

static bool check_name(const char *name, const char *whose, const char *next, struct error *err)
{
    const char *cause = NULL;
    json_t *value = json_string(name); /* NULL for what is not UTF-8 */

    if (name[strspn(name, " ")] == '\0')
        cause = "is empty";
    else if (strlen(name) > RUN_FACTS_OPERATOR_MAX)
        cause = "is longer than 64 bytes";
    else if (value == NULL || has_control_characters(name))
        cause = "is not UTF-8 text without control characters";
    json_decref(value);
    if (cause == NULL)
        return true;
    error_set(err, ERROR_USAGE, error_keep_format(err, "the %s's name %s", whose, cause), next);
    return false;
}

bool run_facts_is_plain(const char *text)
{
    json_t *value = json_string(text);
    const bool is_plain = value != NULL && !has_control_characters(text);

    json_decref(value);
    return is_plain;
}

bool run_facts_check_operator(const char *name, struct error *err)
{
    return name == NULL ||
           check_name(name, "operator", "give a name or number that finds the person again: --operator NAME", err);
}

bool run_facts_read_tries(const char *text, unsigned *tries, struct error *err)
{
    uint64_t number = 0;

    if (text != NULL && number_parse(text, 1, RUN_FACTS_TRIES_MAX, &number) != NUMBER_OK) {
        error_set(err, ERROR_USAGE, "--tries needs a number from 1 to 100", NULL);
        error_with_subject(err, text);
        return false;
    }
    *tries = (unsigned)number;
    return true;
}

bool run_facts_start(struct run_facts *facts, struct error *err)
{
    if (!run_facts_check_operator(facts->operator_name, err))
        return false;
    if (facts->socket != NULL &&
        !check_name(facts->socket, "socket", "give the name that is written on the fixture: --socket NAME", err))
        return false;
    if (gethostname(facts->host, sizeof facts->host) != 0)
        facts->host[0] = '\0';
    facts->host[sizeof facts->host - 1] = '\0'; /* POSIX: a name that is cut off may have no NUL */
    facts->ended[0] = '\0';
    run_facts_time(facts->started);
    return true;
}

void run_facts_end(struct run_facts *facts)
{
    if (facts->ended[0] == '\0')
        run_facts_time(facts->ended);
}

/* "i2c" of "i2c:/dev/i2c-1". */
static json_t *transport_value(const struct run_facts *facts)
{
    return facts->is_console ? json_string("console") : json_stringn(facts->device, strcspn(facts->device, ":"));
}

json_t *run_facts_value(const struct run_facts *facts)
{
    json_t *value = json_pack("{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:s?, s:b}", "started", facts->started, "time",
                              facts->ended, "host", value_text(facts->host), "program", IMPRINT_VERSION, "verb",
                              facts->verb, "transport", transport_value(facts), "device", value_text(facts->device),
                              "operator", facts->operator_name, "virtual", (int)facts->is_virtual);

    if (facts->socket != NULL)
        json_object_set_new(value, "socket", json_string(facts->socket));
    if (facts->tries > 0)
        json_object_set_new(value, "tries", json_integer(facts->tries));
    return value;
}
