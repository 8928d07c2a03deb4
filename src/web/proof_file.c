/* SPDX-License-Identifier: Apache-2.0 */
#include "web/proof_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/export.h"
#include "station/input.h"

#define FILE_MOST ((size_t)256 * 1024)
#define BLOCK 512

static const char *const names[] = {"entry.json", "proof", "key.pem", "key.vkey", "CHECK.md"};
#define NAME_COUNT (sizeof names / sizeof names[0])

/* Places in a header: IEEE Std 1003.1, pax, "ustar Interchange Format". */
enum {
    AT_NAME = 0,
    AT_MODE = 100,
    AT_UID = 108,
    AT_GID = 116,
    AT_SIZE = 124,
    AT_TIME = 136,
    AT_SUM = 148,
    AT_TYPE = 156,
    AT_MAGIC = 257
};

static void put_member(FILE *out, const char *folder, const char *name, struct bytes content)
{
    static const char zeros[BLOCK];
    char header[BLOCK] = "";
    unsigned sum = 0;

    (void)snprintf(header + AT_NAME, AT_MODE - AT_NAME, "%s/%s", folder, name);
    memcpy(header + AT_MODE, "0000644", 8);
    memcpy(header + AT_UID, "0000000", 8);
    memcpy(header + AT_GID, "0000000", 8);
    (void)snprintf(header + AT_SIZE, 12, "%011zo", content.len);
    memcpy(header + AT_TIME, "00000000000", 12);
    memset(header + AT_SUM, ' ', 8);
    header[AT_TYPE] = '0';
    memcpy(header + AT_MAGIC,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < sizeof header; i++)
        sum += (unsigned char)header[i];
    (void)snprintf(header + AT_SUM, 8, "%06o", sum); /* then a NUL, and the blank that is there */
    fwrite(header, 1, sizeof header, out);
    fwrite(content.data, 1, content.len, out);
    fwrite(zeros, 1, (BLOCK - content.len % BLOCK) % BLOCK, out);
}

static bool put_members(FILE *out, const char *folder, const char *inside, struct error *err)
{
    static const char zeros[2 * BLOCK];
    bool ok = true;

    for (size_t i = 0; i < NAME_COUNT && ok; i++) {
        struct input input = {.data = NULL};
        char path[PATH_MAX];

        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        ok = input_read(&input, path, FILE_MOST, err);
        if (ok)
            put_member(out, inside, names[i], bytes_of(input.data, input.len));
        input_release(&input);
    }
    fwrite(zeros, 1, sizeof zeros, out);
    return ok;
}

static void remove_folders(const char *above, const char *folder)
{
    char path[PATH_MAX];

    for (size_t i = 0; i < NAME_COUNT; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    (void)rmdir(above);
}

bool proof_file_make(struct ledger *ledger, uint64_t seq, const char *serial, char **tar, size_t *len,
                     struct error *err)
{
    char above[] = "/tmp/imprint-proof-XXXXXX", folder[sizeof above + 8], inside[LEDGER_DEVICE_SIZE + 8];
    FILE *out;
    bool ok;

    *tar = NULL;
    if (mkdtemp(above) == NULL) {
        error_set(err, ERROR_STORAGE_FAILED, "no folder can be made for the proof", "make room in /tmp");
        error_with_errno(err, errno);
        return false;
    }
    (void)snprintf(folder, sizeof folder, "%s/proof", above);
    (void)snprintf(inside, sizeof inside, "%s-proof", serial);
    out = open_memstream(tar, len);
    ok = out != NULL && ledger_prove(ledger, seq, folder, err) && put_members(out, folder, inside, err);
    if (out != NULL) {
        const bool is_whole = ferror(out) == 0;
        const int closed = fclose(out);

        ok = ok && is_whole && closed == 0;
    }
    remove_folders(above, folder);
    if (!ok)
        error_set(err, ERROR_UNEXPECTED, "there is no memory for the proof", NULL);
    return ok;
}
