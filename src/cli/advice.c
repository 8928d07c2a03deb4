/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/advice.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

#define PROGRAM "imprint "
#define PROFILE_WORD " PROFILE"
#define VERB_WORD "VERB "

static bool is_of_word(char c)
{
    return isalnum((unsigned char)c) || (c != '\0' && strchr("-_./", c) != NULL);
}

/* Quotes for a shell; a quote within is closed, escaped and opened again. */
static void put_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@,=+%";

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    fputc('\'', out);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            fputc(*word, out);
    }
    fputc('\'', out);
}

static void put_option(FILE *out, const char *name, const char *value)
{
    if (value == NULL)
        return;
    fprintf(out, " --%s ", name);
    put_word(out, value);
}

/* The verb that `text` begins with, the longest one; NULL: none. */
static const struct cli_verb *verb_at(const char *text)
{
    const struct cli_verb *found = NULL;

    for (size_t i = 0; i < cli_verb_count; i++) {
        const size_t len = strlen(cli_verbs[i]->name);

        if (strncmp(text, cli_verbs[i]->name, len) == 0 && !is_of_word(text[len]) &&
            (found == NULL || len > strlen(found->name)))
            found = cli_verbs[i];
    }
    return found;
}

/* By its whole name, or by its first word alone. */
static bool is_named(const struct cli_verb *verb, const char *const *names)
{
    for (; *names != NULL; names++) {
        const size_t len = strlen(*names);

        if (strncmp(verb->name, *names, len) == 0 && (verb->name[len] == '\0' || verb->name[len] == ' '))
            return true;
    }
    return false;
}

static void put_options(FILE *out, const struct advice_given *given, const struct cli_verb *verb)
{
    /* Of these a file of their own says where the state folder is, or none is used. */
    static const char *const without_any[] = {"virtual serve", "virtual run", "help",   "version",
                                              "compile",       "explain",     "signer", "verify-record",
                                              "station",       "user",        NULL};
    static const char *const without_device[] = {"virtual new", "board", "issuers", "ca",    "ledger",
                                                 "line",        "order", "report",  "label", "manifest",
                                                 "rework",      "scrap", NULL};

    if (is_named(verb, without_any))
        return;
    put_option(out, "state", given->state);
    put_option(out, "issuers", given->issuers);
    put_option(out, "connections", given->connections);
    if (is_named(verb, without_device))
        return;
    put_option(out, "device", given->device);
    put_option(out, "storage", given->storage);
}

char *advice_complete(const struct advice_given *given, const char *next)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    const char *at = next;

    if (out == NULL)
        return NULL;
    while (*at != '\0') {
        const bool is_program = strncmp(at, PROGRAM, strlen(PROGRAM)) == 0 && (at == next || !is_of_word(at[-1]));
        const struct cli_verb *verb = is_program ? verb_at(at + strlen(PROGRAM)) : NULL;

        if (is_program && strncmp(at + strlen(PROGRAM), VERB_WORD, strlen(VERB_WORD)) == 0) {
            fprintf(out, PROGRAM "%s%s", given->verb != NULL ? given->verb : "", given->verb != NULL ? " " : "");
            at += strlen(PROGRAM VERB_WORD);
            continue;
        }
        if (verb == NULL) {
            fputc(*at++, out);
            continue;
        }
        fprintf(out, PROGRAM "%s", verb->name);
        put_options(out, given, verb);
        at += strlen(PROGRAM) + strlen(verb->name);
        if (given->profile != NULL && strncmp(at, PROFILE_WORD, strlen(PROFILE_WORD)) == 0 &&
            !is_of_word(at[strlen(PROFILE_WORD)])) {
            fputc(' ', out);
            put_word(out, given->profile);
            at += strlen(PROFILE_WORD);
        }
    }
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}
