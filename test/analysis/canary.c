/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sanitizers are for, one fault for each kind: a program that is built with them and still ends by itself here
 * is not watched. Usage: canary overflow|heap|leak
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Volatile: the compiler must not see what is wrong, nor leave it out. */
static volatile int number = INT_MAX;
static volatile size_t size = 16;
static char *volatile kept;

int main(int argc, char **argv)
{
    const char *fault = argc == 2 ? argv[1] : "";

    if (strcmp(fault, "overflow") == 0)
        number = number + 1;
    kept = calloc(1, size);
    if (strcmp(fault, "heap") == 0)
        kept[size] = 1;
    if (strcmp(fault, "leak") != 0)
        free(kept);
    kept = NULL;
    puts("the program went on");
    return 0;
}
