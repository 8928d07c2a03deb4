/* SPDX-License-Identifier: Apache-2.0 */
#include "web/asks.h"

#include <stdio.h>
#include <string.h>

void asks_init(struct asks *asks)
{
    (void)pthread_mutex_init(&asks->lock, NULL);
    asks->count = 0;
}

void asks_release(struct asks *asks)
{
    (void)pthread_mutex_destroy(&asks->lock);
}

bool asks_have_room(struct asks *asks)
{
    bool has_room;

    (void)pthread_mutex_lock(&asks->lock);
    has_room = asks->count < ASKS_MAX;
    (void)pthread_mutex_unlock(&asks->lock);
    return has_room;
}

bool asks_put(struct asks *asks, enum page_ask_kind kind, const char *text)
{
    bool has_room;

    (void)pthread_mutex_lock(&asks->lock);
    has_room = asks->count < ASKS_MAX;
    if (has_room) {
        struct page_ask *ask = &asks->waiting[asks->count++];

        ask->kind = kind;
        (void)snprintf(ask->text, sizeof ask->text, "%s", text);
    }
    (void)pthread_mutex_unlock(&asks->lock);
    return has_room;
}

bool asks_take(struct asks *asks, struct page_ask *ask)
{
    bool any;

    (void)pthread_mutex_lock(&asks->lock);
    any = asks->count > 0;
    if (any) {
        *ask = asks->waiting[0];
        asks->count--;
        memmove(asks->waiting, asks->waiting + 1, asks->count * sizeof *ask);
    }
    (void)pthread_mutex_unlock(&asks->lock);
    return any;
}
