/* SPDX-License-Identifier: Apache-2.0 */
#include "web/places.h"

#include <string.h>

#include "web/network.h"

void places_init(struct places *places, void (*end)(int fd))
{
    (void)pthread_mutex_init(&places->lock, NULL);
    places->end = end;
}

void places_release(struct places *places)
{
    (void)pthread_mutex_destroy(&places->lock);
}

/* --- who has to go --- */

static bool is_open(const struct place *place)
{
    return place->use != PLACE_FREE && !place->is_ending;
}

static bool is_unfinished(const struct place *place)
{
    return is_open(place) && (place->use == PLACE_WAITING || place->use == PLACE_READING);
}

static void end_place(struct places *places, struct place *place)
{
    place->is_ending = true;
    places->end(place->fd);
}

static unsigned count_unfinished(const struct places *places, const char *network)
{
    unsigned count = 0;

    for (size_t i = 0; i < PLACES_MAX; i++)
        count += is_unfinished(&places->all[i]) && strcmp(places->all[i].network, network) == 0;
    return count;
}

/* Not `newcomer`: it has had no time yet. */
static void end_oldest(struct places *places, const char *network, const struct place *newcomer)
{
    struct place *oldest = NULL;

    for (size_t i = 0; i < PLACES_MAX; i++) {
        struct place *place = &places->all[i];

        if (place != newcomer && is_unfinished(place) && strcmp(place->network, network) == 0 &&
            (oldest == NULL || place->since_ms < oldest->since_ms))
            oldest = place;
    }
    if (oldest != NULL)
        end_place(places, oldest);
}

/* The network with most unfinished requests; NULL: there are none. */
static const char *find_busiest(const struct places *places)
{
    const char *busiest = NULL;
    unsigned most = 0;

    for (size_t i = 0; i < PLACES_MAX; i++) {
        const unsigned count = is_unfinished(&places->all[i]) ? count_unfinished(places, places->all[i].network) : 0;

        if (count > most) {
            most = count;
            busiest = places->all[i].network;
        }
    }
    return busiest;
}

static unsigned count_open(const struct places *places)
{
    unsigned count = 0;

    for (size_t i = 0; i < PLACES_MAX; i++)
        count += is_open(&places->all[i]);
    return count;
}

static void make_room(struct places *places, const struct place *newcomer)
{
    const char *network = NULL;

    if (count_unfinished(places, newcomer->network) > PLACES_UNFINISHED_MAX)
        network = newcomer->network;
    else if (count_open(places) > PLACES_FULL)
        network = find_busiest(places);
    if (network != NULL)
        end_oldest(places, network, newcomer);
}

/* How long it may do what it does; 0: as long as it takes. */
static int64_t limit_of(enum place_use use)
{
    switch (use) {
    case PLACE_WAITING:
        return PLACES_WAIT_MS;
    case PLACE_READING:
        return PLACES_READ_MS;
    case PLACE_SENDING:
        return PLACES_SEND_MS;
    case PLACE_FREE:
    case PLACE_ASKED:
    case PLACE_STREAM:
        break;
    }
    return 0;
}

/* --- what happens to them --- */

struct place *places_open(struct places *places, int fd, const char *address, int64_t now_ms)
{
    struct place *found = NULL;

    (void)pthread_mutex_lock(&places->lock);
    for (size_t i = 0; i < PLACES_MAX && found == NULL; i++)
        if (places->all[i].use == PLACE_FREE)
            found = &places->all[i];
    if (found != NULL) {
        *found = (struct place){.use = PLACE_WAITING, .fd = fd, .since_ms = now_ms};
        network_of(address, found->network, sizeof found->network);
        make_room(places, found);
    }
    (void)pthread_mutex_unlock(&places->lock);
    return found;
}

void places_use(struct places *places, struct place *place, enum place_use use, int64_t now_ms)
{
    if (place == NULL)
        return;
    (void)pthread_mutex_lock(&places->lock);
    place->use = use;
    place->since_ms = now_ms;
    (void)pthread_mutex_unlock(&places->lock);
}

void places_close(struct places *places, struct place *place)
{
    if (place == NULL)
        return;
    (void)pthread_mutex_lock(&places->lock);
    *place = (struct place){.use = PLACE_FREE};
    (void)pthread_mutex_unlock(&places->lock);
}

void places_tend(struct places *places, int64_t now_ms)
{
    (void)pthread_mutex_lock(&places->lock);
    for (size_t i = 0; i < PLACES_MAX; i++) {
        struct place *place = &places->all[i];
        const int64_t limit = limit_of(place->use);

        if (is_open(place) && limit != 0 && now_ms - place->since_ms > limit)
            end_place(places, place);
    }
    (void)pthread_mutex_unlock(&places->lock);
}
