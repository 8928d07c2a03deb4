/* SPDX-License-Identifier: Apache-2.0 */
#include "test/power/moment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    bool ends_run, has_ways;
} kinds[MOMENT_KINDS] = {
    [MOMENT_BUS] = {"bus", true, false},        [MOMENT_GROUP] = {"group", true, true},
    [MOMENT_CHANGE] = {"change", true, true},   [MOMENT_END] = {"end", true, true},
    [MOMENT_KILL] = {"kill", true, false},      [MOMENT_CHIP] = {"chip", false, false},
    [MOMENT_STORM] = {"storm", false, false},   [MOMENT_FULL] = {"full", false, false},
    [MOMENT_FAILS] = {"fails", false, false},   [MOMENT_LATE] = {"late", false, false},
    [MOMENT_DEAD] = {"dead", false, false},     [MOMENT_LIES] = {"lies", false, false},
    [MOMENT_SPOILT] = {"spoilt", false, false}, [MOMENT_STOP] = {"stop", false, false},
};

bool moment_ends_run(enum moment_kind kind)
{
    return kinds[kind].ends_run;
}

bool moment_same(const struct moment *a, const struct moment *b)
{
    return a->kind == b->kind && a->at == b->at && a->way == b->way && strcmp(a->fault, b->fault) == 0;
}

bool moment_path_add(struct moment_path *path, const struct moment *step, bool same_run)
{
    if (path->count == MOMENT_STEPS_MAX)
        return false;
    path->steps[path->count] = *step;
    path->steps[path->count++].same_run = same_run;
    return true;
}

void moment_write(const struct moment_path *path, char text[static MOMENT_TEXT_MAX])
{
    size_t len = 0;

    (void)snprintf(text, MOMENT_TEXT_MAX, "unbroken");
    for (unsigned i = 0; i < path->count && len < MOMENT_TEXT_MAX; i++) {
        const struct moment *step = &path->steps[i];
        const char *plus = i == 0 ? "" : step->same_run ? "," : "+";
        int n;
        if (step->kind == MOMENT_CHIP)
            n = snprintf(text + len, MOMENT_TEXT_MAX - len, "%schip:%s", plus, step->fault);
        else if (kinds[step->kind].has_ways)
            n = snprintf(text + len, MOMENT_TEXT_MAX - len, "%s%s@%u.%u", plus, kinds[step->kind].name,
                         (unsigned)step->at, (unsigned)step->way);
        else
            n = snprintf(text + len, MOMENT_TEXT_MAX - len, "%s%s@%u", plus, kinds[step->kind].name,
                         (unsigned)step->at);
        len += n > 0 ? (size_t)n : 0;
    }
}

/* A decimal number up to `end`, which is the character behind it. */
static const char *parse_number(const char *text, uint32_t *number)
{
    char *end = NULL;
    const unsigned long value = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || value > UINT32_MAX)
        return NULL;
    *number = (uint32_t)value;
    return end;
}

static bool parse_step(const char *text, size_t len, struct moment *step)
{
    char copy[MOMENT_FAULT_MAX + 8];

    *step = (struct moment){.at = 0};
    if (len >= sizeof copy)
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    if (strncmp(copy, "chip:", 5) == 0 && len - 5 < sizeof step->fault) {
        step->kind = MOMENT_CHIP;
        memcpy(step->fault, copy + 5, len - 4);
        return len > 5;
    }
    char *at = strchr(copy, '@');
    if (at == NULL)
        return false;
    *at = '\0';
    for (unsigned i = 0; i < MOMENT_KINDS; i++) {
        if (i == MOMENT_CHIP || strcmp(copy, kinds[i].name) != 0)
            continue;
        step->kind = (enum moment_kind)i;
        const char *rest = parse_number(at + 1, &step->at);
        if (rest != NULL && kinds[i].has_ways)
            rest = *rest == '.' ? parse_number(rest + 1, &step->way) : NULL;
        return rest != NULL && *rest == '\0';
    }
    return false;
}

bool moment_parse(const char *text, struct moment_path *path)
{
    *path = (struct moment_path){.count = 0};
    if (strcmp(text, "unbroken") == 0)
        return true;
    for (bool same_run = false;;) {
        const size_t len = strcspn(text, "+,");
        struct moment step;
        if (!parse_step(text, len, &step) || !moment_path_add(path, &step, same_run))
            return false;
        same_run = text[len] == ',';
        if (text[len] == '\0')
            return true;
        text += len + 1;
    }
}
