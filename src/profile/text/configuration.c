/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/text/configuration.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/text/dump.h"

#define FIELD "configuration-file"
#define A_DUMP "128 bytes as raw bytes or hex, 112 from byte 16 on, or an XML of the Trust Platform tools"

static bool refuse(struct profile_conflict *conflict, const char *field, enum error_reason reason, const char *cause,
                   const char *next)
{
    *conflict = (struct profile_conflict){
        .place = PROFILE_AT_CHIP, .field = field, .reason = reason, .cause = cause, .next = next};
    return false;
}

/* Messages are printable ASCII; a name may have anything in it. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            *text = '?';
}

/* The name relative to the profile's folder; NULL if there is no memory. */
static char *path_beside(const char *profile, const char *name)
{
    const char *slash = strrchr(profile, '/');
    const size_t folder = name[0] == '/' || slash == NULL ? 0 : (size_t)(slash - profile) + 1;
    char *path = malloc(folder + strlen(name) + 1);

    if (path != NULL) {
        memcpy(path, profile, folder);
        memcpy(path + folder, name, strlen(name) + 1);
    }
    return path;
}

/* At most DUMP_MAX + 1 bytes, which shows a file that is too long. */
static uint8_t *load(const char *path, size_t *len, int *failure)
{
    uint8_t *data = NULL;
    FILE *file = fopen(path, "rb");

    *failure = errno;
    if (file == NULL)
        return NULL;
    data = malloc(DUMP_MAX + 1);
    if (data != NULL)
        *len = fread(data, 1, DUMP_MAX + 1, file);
    *failure = data == NULL ? ENOMEM : errno;
    if (data != NULL && ferror(file) != 0) {
        free(data);
        data = NULL;
    }
    (void)fclose(file);
    return data;
}

static bool read_dump(const char *path, const char *name, struct dump *dump, struct profile_conflict *conflict,
                      char cause[static CONFIGURATION_CAUSE_MAX])
{
    struct error err = {.reason = ERROR_NONE};
    int failure = 0;
    size_t len = 0;
    uint8_t *data = load(path, &len, &failure);
    const char *why;

    if (data == NULL) {
        (void)snprintf(cause, CONFIGURATION_CAUSE_MAX, "cannot read %s: %s", name, strerror(failure));
        return refuse(conflict, FIELD, ERROR_INPUT_FILE, cause, "a file beside the profile that can be read");
    }
    if (len > DUMP_MAX) {
        (void)snprintf(cause, CONFIGURATION_CAUSE_MAX, "%s is too large (limit %zu KiB)", name, DUMP_MAX / 1024);
        free(data);
        return refuse(conflict, FIELD, ERROR_INPUT_FILE, cause, A_DUMP);
    }
    why = dump_parse(dump, data, len, &err) ? dump_why_no_zone(dump) : err.cause;
    if (why != NULL && err.line != 0)
        (void)snprintf(cause, CONFIGURATION_CAUSE_MAX, "%s:%u:%u: %s", name, (unsigned)err.line, (unsigned)err.column,
                       why);
    else if (why != NULL)
        (void)snprintf(cause, CONFIGURATION_CAUSE_MAX, "%s: %s", name, why);
    free(data);
    return why == NULL || refuse(conflict, FIELD, ERROR_INPUT_FILE, cause, A_DUMP);
}

/* The part that the file is of: as its XML says, or by the revision in it. */
static bool check_part(const struct dump *dump, uint8_t parts, struct profile_conflict *conflict)
{
    const enum chip_part part = dump->part != CHIP_PART_UNKNOWN ? dump->part : chip_config_part(&dump->config);
    const bool is_508a = part == CHIP_PART_ATECC508A, wants_508a = (parts & 1u << CHIP_PART_ATECC508A) != 0;

    return part == CHIP_PART_UNKNOWN || is_508a == wants_508a ||
           refuse(conflict, FIELD, ERROR_PROFILE_CONFLICT,
                  is_508a ? "the file is of an ATECC508A, and the profile is for an ATECC608"
                          : "the file is of an ATECC608, and the profile is for an ATECC508A",
                  "the configuration of one of chip.parts");
}

/* A dump of a part on I2C has its address; what lacks the identity comes from tools, which have I2C in mind. */
static bool take_address(const struct dump *dump, struct profile *profile, struct profile_conflict *conflict)
{
    const uint8_t address = chip_config_address_byte(&dump->config) >> 1;

    if (dump->part == CHIP_PART_UNKNOWN && dump->first == 0 && !chip_config_is_i2c(&dump->config))
        return profile->i2c_address == 0 ||
               refuse(conflict, "i2c-address", ERROR_PROFILE_CONFLICT,
                      "the configuration file is of a part without I2C, which has no address", "no i2c-address");
    if (address < PROFILE_I2C_ADDRESS_MIN || address > PROFILE_I2C_ADDRESS_MAX)
        return refuse(conflict, FIELD, ERROR_PROFILE_CONFLICT,
                      "byte 16 of the file is not an I2C address that a device may use",
                      "twice a 7-bit I2C address from 0x08 to 0x77");
    if (profile->i2c_address != 0 && profile->i2c_address != address)
        return refuse(conflict, "i2c-address", ERROR_PROFILE_CONFLICT,
                      "the configuration file has another address in byte 16",
                      "the address of the file, or no i2c-address");
    profile->i2c_address = address;
    return true;
}

bool configuration_read(struct schema_document *document, const char *path, struct profile_conflict *conflict,
                        char cause[static CONFIGURATION_CAUSE_MAX])
{
    struct profile *profile = &document->profile;
    const char *name = document->configuration_file;
    struct dump dump;
    char *file = NULL;
    bool ok;

    cause[0] = '\0';
    if (profile->configuration != PROFILE_BYTES)
        return name[0] == '\0' ||
               refuse(conflict, FIELD, ERROR_PROFILE_CONFLICT, "only configuration bytes reads a file",
                      "configuration: bytes, or no configuration-file");
    if (name[0] == '\0')
        return refuse(conflict, "configuration", ERROR_PROFILE_CONFLICT, "configuration bytes needs a file",
                      "configuration-file: a config zone dump, or an XML of the Trust Platform tools");
    if (path == NULL)
        return refuse(conflict, FIELD, ERROR_INPUT_FILE, "a profile that is not in a file cannot name another file",
                      "a profile in a file");
    file = path_beside(path, name);
    if (file == NULL)
        return refuse(conflict, FIELD, ERROR_UNEXPECTED, "out of memory", "run again");
    ok = read_dump(file, name, &dump, conflict, cause) && check_part(&dump, profile->parts, conflict) &&
         take_address(&dump, profile, conflict);
    make_printable(cause);
    if (ok)
        chip_config_get_policy(
            &dump.config, (profile->parts & 1u << CHIP_PART_ATECC508A) != 0 ? CHIP_PART_ATECC508A : CHIP_PART_ATECC608B,
            &profile->bytes);
    free(file);
    return ok;
}
