/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/file_name.h"

#include <string.h>

static const char digits[] = "0123456789abcdef";
static const char extension[] = ".record";

enum { UID_DIGITS = 16 };

_Static_assert(UID_DIGITS + sizeof extension == STORAGE_FILE_NAME_SIZE, "a name is digits, extension and NUL");

void storage_file_name(uint64_t uid, char name[static STORAGE_FILE_NAME_SIZE])
{
    for (unsigned i = 0; i < UID_DIGITS; i++)
        name[i] = digits[(uid >> (4 * (UID_DIGITS - 1 - i))) & 0xf];
    memcpy(name + UID_DIGITS, extension, sizeof extension);
}

bool storage_file_name_parse(const char *name, uint64_t *uid)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < UID_DIGITS; i++) {
        const char *digit = name[i] == '\0' ? NULL : strchr(digits, name[i]);
        if (digit == NULL)
            return false;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    if (strcmp(name + UID_DIGITS, extension) != 0 || value == 0)
        return false;
    *uid = value;
    return true;
}
