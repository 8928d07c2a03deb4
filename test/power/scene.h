/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the board does: provision itself by a profile, each that is found in a folder; or one call of PSA's own, each
 * way to a key and its end. A scene is idempotent: run again it does what is still missing.
 */
#ifndef IMPRINT_TEST_POWER_SCENE_H
#define IMPRINT_TEST_POWER_SCENE_H

#include "profile/profile.h"
#include "test/power/board.h"

enum scene_method { SCENE_REGISTER, SCENE_GENERATE, SCENE_IMPORT, SCENE_DESTROY };

/* A key id that the scene makes or destroys. */
struct scene_key {
    uint32_t id;
    enum scene_method method;
};

struct way;

struct scene {
    char name[64];
    size_t key_count;
    struct scene_key keys[PROFILE_KEYS_MAX + PROFILE_DATA_MAX];
    struct virtual_memory initial; /* of the chip; a key that is not in it is a fresh one */
    bool (*run)(struct board *board);
    bool (*prepare)(struct board *board); /* NULL: nothing comes before */

    /* A profile's. */
    struct profile profile;
    struct driver_settings settings;
    struct imprint_write_key write_keys[CHIP_SLOTS];
    uint8_t imports[PROFILE_KEYS_MAX][65];
    size_t import_lens[PROFILE_KEYS_MAX];

    const struct way *way;
};

const struct scene_key *scene_find_key(const struct scene *scene, uint32_t id);

/*
 * The scenes: the profiles in `profiles`, in the order of their names, then the ways. Scene number `index`, with its
 * chip in a new file below `folder`, whose path `chip_path` gets. False at the end, and with a reason in `failure`.
 */
bool scene_open(struct scene *scene, const char *profiles, unsigned index, const char *folder,
                char chip_path[static 512], char failure[static FAILURE_MAX]);

/* The two kinds of scene. */
bool scene_open_profile(struct scene *scene, const char *path, const char *folder, char chip_path[static 512],
                        char failure[static FAILURE_MAX]);
extern const unsigned scene_way_count;
bool scene_open_way(struct scene *scene, unsigned way, const char *folder, char chip_path[static 512],
                    char failure[static FAILURE_MAX]);

#endif
