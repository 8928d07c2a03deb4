/* SPDX-License-Identifier: Apache-2.0 */
#include "manifest/seen.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM ((size_t)1024) /* a power of two, as every room */

static const uint8_t nothing[MANIFEST_SERIAL_BYTES];

/* FNV-1a, 64 bits: the maker gives numbers, and a manifest is signed, so nobody chooses them to collide. */
static size_t hash_of(const uint8_t *serial)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < MANIFEST_SERIAL_BYTES; i++)
        hash = (hash ^ serial[i]) * UINT64_C(0x100000001b3);
    return (size_t)(hash ^ hash >> 32);
}

/* The place that has the number, or the empty one where it belongs. At most half of the places are full. */
static uint8_t *place_of(uint8_t (*places)[MANIFEST_SERIAL_BYTES], size_t room, const uint8_t *serial)
{
    size_t i = hash_of(serial) & (room - 1);

    while (memcmp(places[i], nothing, sizeof nothing) != 0 && memcmp(places[i], serial, MANIFEST_SERIAL_BYTES) != 0)
        i = (i + 1) & (room - 1);
    return places[i];
}

static bool grow(struct seen *seen)
{
    const size_t room = seen->room == 0 ? FIRST_ROOM : 2 * seen->room;
    uint8_t(*places)[MANIFEST_SERIAL_BYTES] = calloc(room, sizeof *places);

    if (places == NULL)
        return false;
    for (size_t i = 0; i < seen->room; i++)
        if (memcmp(seen->places[i], nothing, sizeof nothing) != 0)
            memcpy(place_of(places, room, seen->places[i]), seen->places[i], MANIFEST_SERIAL_BYTES);
    free(seen->places);
    seen->places = places;
    seen->room = room;
    return true;
}

enum seen_result seen_add(struct seen *seen, const uint8_t serial[static MANIFEST_SERIAL_BYTES])
{
    uint8_t *place;

    if (memcmp(serial, nothing, sizeof nothing) == 0) {
        const bool before = seen->has_zero;

        seen->has_zero = true;
        return before ? SEEN_BEFORE : SEEN_NEW;
    }
    if (seen->count >= seen->room / 2 && !grow(seen))
        return SEEN_NO_MEMORY;
    place = place_of(seen->places, seen->room, serial);
    if (memcmp(place, serial, MANIFEST_SERIAL_BYTES) == 0)
        return SEEN_BEFORE;
    memcpy(place, serial, MANIFEST_SERIAL_BYTES);
    seen->count++;
    return SEEN_NEW;
}

void seen_release(struct seen *seen)
{
    free(seen->places);
    *seen = (struct seen){.room = 0};
}
