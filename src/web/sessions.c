/* SPDX-License-Identifier: Apache-2.0 */
#include "web/sessions.h"

#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "base/hex.h"

static bool make_token(char token[static SESSIONS_TOKEN_SIZE])
{
    uint8_t bytes[SESSIONS_TOKEN_BYTES];

    if (gnutls_rnd(GNUTLS_RND_KEY, bytes, sizeof bytes) < 0)
        return false;
    hex_encode(bytes_of(bytes, sizeof bytes), token);
    bytes_wipe(bytes, sizeof bytes);
    return true;
}

static bool is_over(const struct session *session, int64_t now_ms)
{
    return session->id == 0 || now_ms >= session->ends_ms;
}

static size_t count_of(const struct sessions *sessions, const char *name)
{
    size_t count = 0;

    for (size_t i = 0; i < SESSIONS_MAX; i++)
        count += strcmp(sessions->all[i].user.name, name) == 0;
    return count;
}

/* A place that is free, or the oldest session of the person who has most: nobody logs others out by logging in. */
static struct session *choose_place(struct sessions *sessions, int64_t now_ms)
{
    struct session *place = &sessions->all[0];
    size_t most = 0;

    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *one = &sessions->all[i];
        const size_t count = count_of(sessions, one->user.name);

        if (is_over(one, now_ms))
            return one;
        if (count > most || (count == most && one->ends_ms < place->ends_ms)) {
            place = one;
            most = count;
        }
    }
    return place;
}

bool sessions_begin(struct sessions *sessions, const struct user *user, const char *address, int64_t now_ms,
                    struct session *session)
{
    struct session made = {.id = sessions->last_id + 1, .user = *user, .ends_ms = now_ms + sessions->lasts_ms};

    if (!make_token(made.token) || !make_token(made.form_token))
        return false;
    (void)snprintf(made.address, sizeof made.address, "%s", address);
    sessions->last_id = made.id;
    *choose_place(sessions, now_ms) = made;
    *session = made;
    return true;
}

bool sessions_tokens_match(const char token[static SESSIONS_TOKEN_SIZE], const char *given)
{
    return strlen(given) == SESSIONS_TOKEN_SIZE - 1 && gnutls_memcmp(token, given, SESSIONS_TOKEN_SIZE - 1) == 0;
}

enum sessions_result sessions_find(struct sessions *sessions, const char *token, const char *address, int64_t now_ms,
                                   struct session *session)
{
    const struct session *found = NULL;

    *session = (struct session){.id = 0};
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (!is_over(&sessions->all[i], now_ms) && sessions_tokens_match(sessions->all[i].token, token))
            found = &sessions->all[i];
    if (found == NULL)
        return SESSIONS_NONE;
    *session = *found;
    if (strcmp(found->address, address) == 0)
        return SESSIONS_FOUND;
    sessions_end(sessions, found->id);
    return SESSIONS_STOLEN;
}

bool sessions_is_alive(const struct sessions *sessions, uint64_t id, int64_t now_ms)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (sessions->all[i].id == id)
            return !is_over(&sessions->all[i], now_ms);
    return false;
}

void sessions_end(struct sessions *sessions, uint64_t id)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++)
        if (sessions->all[i].id == id)
            bytes_wipe(&sessions->all[i], sizeof sessions->all[i]);
}

void sessions_compare(struct sessions *sessions, const struct users *users)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *one = &sessions->all[i];
        const struct user *user = one->id != 0 ? users_find(users, one->user.name) : NULL;

        if (one->id != 0 && (user == NULL || user->role != one->user.role || strcmp(user->hash, one->user.hash) != 0))
            sessions_end(sessions, one->id);
    }
}

void sessions_operator(const struct sessions *sessions, int64_t now_ms, char name[static USERS_NAME_SIZE])
{
    uint64_t newest = 0;

    name[0] = '\0';
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *one = &sessions->all[i];

        if (is_over(one, now_ms) || one->user.role != USERS_OPERATOR || one->id < newest)
            continue;
        newest = one->id;
        memcpy(name, one->user.name, USERS_NAME_SIZE);
    }
}
