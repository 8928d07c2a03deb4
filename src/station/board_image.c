/* SPDX-License-Identifier: Apache-2.0 */
#include "station/board_image.h"

#include <string.h>

#include "base/error_format.h"
#include "crypto/hash.h"
#include "station/input.h"

#define ASKED 3 /* how often, while lines are damaged */
#define FILE_MAX ((size_t)64 << 20)

_Static_assert(BOARD_FIRMWARE_BYTES == CRYPTO_SHA256_BYTES, "the digest is a SHA-256");

static void read_image(void *context, const struct link_words *words)
{
    uint8_t digest[BOARD_FIRMWARE_BYTES];
    struct bytes_out out = {.data = digest, .cap = sizeof digest};
    struct board *board = context;

    if (strcmp(words->word[0], "image") == 0 && link_hex(words, "sha256", &out) && out.len == sizeof digest)
        hex_encode(bytes_written(&out), board->firmware);
}

static bool ask(struct board *board, struct error *err)
{
    const struct board_command image = {.verb = "image", .may_stop = true, .frame = read_image, .context = board};

    board->firmware[0] = '\0';
    for (int i = 0; i < ASKED && board->image_bytes != 0 && board->firmware[0] == '\0'; i++)
        if (!board_ask(board, &image, err))
            return false;
    return true;
}

/* The digest of the file. `*is_elf`: nothing that is flashed as it is. False with a reason. */
static bool hash_file(const char *path, char text[static HEX_SIZE(BOARD_FIRMWARE_BYTES)], bool *is_elf,
                      struct error *err)
{
    uint8_t digest[CRYPTO_SHA256_BYTES];
    struct input input = {.data = NULL};
    struct bytes content;
    bool ok = input_read(&input, path, FILE_MAX, err);

    if (ok) {
        content = bytes_of(input.data, input.len);
        *is_elf = content.len > 4 && memcmp(content.data,
                                            "\x7f"
                                            "ELF",
                                            4) == 0;
        ok = crypto_sha256(&content, 1, digest);
        if (!ok)
            error_set(err, ERROR_PSA, "the file cannot be hashed", NULL);
        hex_encode(bytes_of(digest, sizeof digest), text);
    }
    input_release(&input);
    return ok;
}

static bool check(const struct board *board, const char *path, struct error *err)
{
    char wanted[HEX_SIZE(BOARD_FIRMWARE_BYTES)];
    bool is_elf = false;

    if (!hash_file(path, wanted, &is_elf, err))
        return false;
    if (strcmp(wanted, board->firmware) == 0)
        return true;
    if (board->firmware[0] == '\0')
        error_set(err, ERROR_WRONG_CONFIGURATION, "the board's image does not tell its digest",
                  "build the image with this release of imprint; a port of your own: imprint_board_image() in "
                  "docs/guide/porting.md");
    else
        error_set(err, ERROR_WRONG_CONFIGURATION,
                  error_keep_format(err, "another image runs on the board: its SHA-256 is %s, that of the file %s",
                                    board->firmware, wanted),
                  is_elf ? "name the .bin file that is flashed, not the ELF file"
                         : "flash that file and reset the board, or name the file that was flashed");
    error_with_subject(err, path);
    return false;
}

bool board_image_ask(struct board *board, const char *path, struct error *err)
{
    if (ask(board, err) && (path == NULL || check(board, path, err)))
        return true;
    error_doing(err, "compare the board's image");
    return false;
}
