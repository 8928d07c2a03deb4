/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of attempts by name. Memory is bounded: by names, not by attempts. */
#ifndef IMPRINT_REPORT_GROUPS_H
#define IMPRINT_REPORT_GROUPS_H

#include "report/sum.h"

#define GROUP_NAME_SIZE 280
#define GROUPS_MAX 4000        /* names of one list; what comes after goes to GROUPS_REST */
#define GROUPS_REST "(others)" /* sorts before letters and digits */

struct group {
    char name[GROUP_NAME_SIZE]; /* "": none was given */
    struct sum sum;
};

/* Sorted by name. Zero-initialised: empty. */
struct groups {
    struct group **list;
    size_t count, cap;
};

/* The group of that name, made where it is not there. NULL without memory. */
struct group *groups_get(struct groups *groups, const char *name);
void groups_release(struct groups *groups);

/* Those with most failed attempts first. */
void groups_sort_by_failed(struct groups *groups);

#endif
