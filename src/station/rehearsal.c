/* SPDX-License-Identifier: Apache-2.0 */
#include "station/rehearsal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/p256.h"
#include "issuer/issuer.h"
#include "station/published_keys.h"
#include "transport/kinds.h"
#include "transport/kit_hid.h"

static const struct {
    const char *word, *text, *cause;
} signs[REHEARSAL_SIGN_COUNT] = {
    [REHEARSAL_VIRTUAL_CHIP] = {"virtual-chip", "virtual chip",
                                "this is a virtual chip, which only a rehearsal may use"},
    [REHEARSAL_TEST_KEY] = {"test-key", "TEST key",
                            "a key is published, so everybody has it: only a rehearsal may use it"},
    [REHEARSAL_TEST_ROOT] = {"test-root", "test root",
                             "the certificates end at a root for tests, which only a rehearsal accepts"},
};

bool rehearsal_note(struct rehearsal *rehearsal, enum rehearsal_sign sign, const char *subject, struct error *err)
{
    if (rehearsal->allowed) {
        rehearsal->found[sign] = true;
        return true;
    }
    error_set(err, ERROR_REHEARSAL, signs[sign].cause, NULL);
    error_doing(err, "provision a real device");
    error_with_subject(err, subject);
    return false;
}

/* Major numbers of the slave sides of pseudo terminals: Linux, Documentation/admin-guide/devices.txt. */
static bool is_pseudo_terminal(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISCHR(status.st_mode) && major(status.st_rdev) >= 136 &&
           major(status.st_rdev) <= 143;
}

/* The place without its @ADDRESS, which may name a pseudo terminal. */
static bool is_played(const char *place)
{
    char path[PATH_MAX];
    const char *at = strrchr(place, '@');

    (void)snprintf(path, sizeof path, "%.*s", at != NULL ? (int)(at - place) : (int)strlen(place), place);
    return is_pseudo_terminal(path);
}

/* `imprint virtual run` tells its library of the emulated buses in this variable (virtual/preload/interpose.c). */
static bool is_emulated(const struct transport_kind *kind)
{
    return strcmp(kind->name, "i2c") == 0 && getenv("IMPRINT_RUN") != NULL;
}

/* A kit on USB that a program plays. */
static bool is_played_kit(const struct transport_kind *kind, const char *place)
{
    return strcmp(kind->name, "kit") == 0 && transport_kit_hid_is_emulated(place);
}

bool rehearsal_is_virtual(const char *device)
{
    const struct transport_kind *kind = transport_kind_of(device);
    const char *colon = strchr(device, ':');

    return kind == NULL || kind->only_virtual || is_emulated(kind) ||
           (colon != NULL && (is_played(colon + 1) || is_played_kit(kind, colon + 1)));
}

bool rehearsal_check_device(struct rehearsal *rehearsal, const char *device, struct error *err)
{
    return !rehearsal_is_virtual(device) || rehearsal_note(rehearsal, REHEARSAL_VIRTUAL_CHIP, device, err);
}

bool rehearsal_is_virtual_console(const char *console)
{
    return is_pseudo_terminal(console);
}

bool rehearsal_check_console(struct rehearsal *rehearsal, const char *console, struct error *err)
{
    return !is_pseudo_terminal(console) || rehearsal_note(rehearsal, REHEARSAL_VIRTUAL_CHIP, console, err);
}

static bool check_key(struct rehearsal *rehearsal, struct bytes key, struct error *err)
{
    const char *name = published_keys_name(key);

    if (name == NULL)
        return true;
    rehearsal->test_key = name;
    return rehearsal_note(rehearsal, REHEARSAL_TEST_KEY, name, err);
}

bool rehearsal_check_secret(struct rehearsal *rehearsal, struct bytes secret, struct error *err)
{
    return check_key(rehearsal, secret, err);
}

bool rehearsal_check_write_keys(struct rehearsal *rehearsal, const struct imprint_write_key *keys, size_t count,
                                struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        if (!check_key(rehearsal, bytes_of(keys[i].secret, sizeof keys[i].secret), err)) {
            error_at_slot(err, keys[i].slot);
            return false;
        }
    }
    return true;
}

static bool check_import(struct rehearsal *rehearsal, const struct profile_key *key, struct key_files *files,
                         struct error *err)
{
    uint8_t secret[P256_POINT_BYTES]; /* a point is the longest key */
    struct bytes_out out = {.data = secret, .cap = sizeof secret};
    bool ok = key_files_read_key(files, key, &out, err);

    if (ok && !check_key(rehearsal, bytes_written(&out), err)) {
        error_with_key(err, key->id);
        ok = false;
    }
    bytes_wipe(secret, sizeof secret);
    return ok;
}

bool rehearsal_check_imports(struct rehearsal *rehearsal, const struct profile *profile,
                             const struct provision_plan *plan, struct key_files *files, struct error *err)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct provision_step *step = &plan->steps[i];

        if (step->kind->makes_key && profile->keys[step->key].method == PROFILE_IMPORT && !step->done &&
            !check_import(rehearsal, &profile->keys[step->key], files, err))
            return false;
    }
    return true;
}

bool rehearsal_check_evidence(struct rehearsal *rehearsal, const struct provision_evidence *evidence, struct error *err)
{
    for (size_t i = 0; i < evidence->key_count; i++) {
        const struct provision_key_evidence *key = &evidence->keys[i];

        if (!check_key(rehearsal, bytes_of(key->public_key, sizeof key->public_key), err)) {
            error_with_serial(err, evidence->serial);
            error_with_key(err, key->key_id);
            return false;
        }
    }
    return true;
}

bool rehearsal_check_issuer(struct rehearsal *rehearsal, struct bytes certificate, struct error *err)
{
    char name[256];

    /* An issuer need not have a common name; one for rehearsals has. */
    return !issuer_read_common_name(certificate, name, sizeof name) || strncmp(name, "TEST ", strlen("TEST ")) != 0 ||
           rehearsal_note(rehearsal, REHEARSAL_TEST_ROOT, name, err);
}

json_t *rehearsal_value(const struct rehearsal *rehearsal)
{
    json_t *words = json_array();

    for (size_t i = 0; i < REHEARSAL_SIGN_COUNT; i++)
        if (rehearsal->found[i])
            json_array_append_new(words, json_string(signs[i].word));
    return words;
}

void rehearsal_text(const struct rehearsal *rehearsal, char text[static REHEARSAL_TEXT_SIZE])
{
    size_t len = 0;

    text[0] = '\0';
    for (size_t i = 0; i < REHEARSAL_SIGN_COUNT; i++)
        if (rehearsal->found[i])
            len += (size_t)snprintf(text + len, REHEARSAL_TEXT_SIZE - len, "%s%s", len > 0 ? ", " : "", signs[i].text);
}
