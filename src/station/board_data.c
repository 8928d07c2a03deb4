/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_data.h"

#include "profile/data.h"
#include "station/data_files.h"

/* A board has no files with secrets, and an image is no place for them. */
bool board_data_check_profile(const struct profile *profile, struct error *err)
{
    for (size_t i = 0; i < profile->data_count; i++) {
        const struct profile_datum *datum = &profile->data[i];

        if (profile_datum_is_io_key(datum))
            continue;
        error_set(
            err, ERROR_PROFILE_CONFLICT,
            "a board cannot write the data of a profile, only its IO protection key: secrets would be in the image",
            "leave this entry out, or provision such a device from a station that reaches the chip: imprint "
            "provision");
        error_with_subject(err, datum->name);
        if (err != NULL)
            err->line = datum->line;
        return false;
    }
    return true;
}

bool board_data_check_board(const struct board *board, const struct profile *profile, struct error *err)
{
    if (!profile_has_io_key(profile) || board->makes_io_key)
        return true;
    error_set(err, ERROR_WRONG_CONFIGURATION,
              "the profile has an IO protection key, and the board's factory image cannot make one",
              "build the image again from this profile: scripts/build-firmware --profile PROFILE");
    error_with_subject(err, board->profile);
    return false;
}

json_t *board_data_record(const struct board_results *results, const struct run_facts *facts)
{
    json_t *list = results->profile->data_count != 0 ? json_array() : NULL;

    for (size_t i = 0; i < results->profile->data_count; i++)
        if (results->has_data[i])
            json_array_append_new(list, data_files_entry(&results->profile->data[i],
                                                         profile_datum_bytes(&results->profile->data[i]),
                                                         &results->data[i], facts));
    return list;
}
