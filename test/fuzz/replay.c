/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a fuzz target once over each file of the folders named: the corpus as a test, with any compiler.
 */
#define _POSIX_C_SOURCE 200809L /* dirent */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX 65536

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak)); /* not every target has one */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* False when the file cannot be read. */
static int replay_file(const char *folder, const char *name)
{
    static uint8_t input[INPUT_MAX];
    char path[1024];
    FILE *file = NULL;
    size_t len = 0;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (file == NULL)
        return 0;
    len = fread(input, 1, sizeof input, file);
    (void)fclose(file);
    (void)LLVMFuzzerTestOneInput(input, len);
    return 1;
}

int main(int argc, char **argv)
{
    unsigned replayed = 0;

    if (LLVMFuzzerInitialize != NULL)
        (void)LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        const struct dirent *entry = NULL;

        if (folder == NULL)
            return EXIT_FAILURE;
        while ((entry = readdir(folder)) != NULL)
            if (entry->d_name[0] != '.')
                replayed += (unsigned)replay_file(argv[i], entry->d_name);
        (void)closedir(folder);
    }
    (void)printf("%u inputs replayed\n", replayed);
    return replayed == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
