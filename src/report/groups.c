/* SPDX-License-Identifier: Apache-2.0 */
#include "report/groups.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the name is, or belongs. */
static size_t find(const struct groups *groups, const char *name, bool *is_there)
{
    size_t low = 0, high = groups->count;

    *is_there = false;
    while (low < high && !*is_there) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(name, groups->list[middle]->name);

        *is_there = order == 0;
        if (order > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *is_there ? high : low;
}

static bool has_room(struct groups *groups)
{
    const size_t cap = groups->cap == 0 ? 16 : groups->cap * 2;
    struct group **list;

    if (groups->count < groups->cap)
        return true;
    list = (struct group **)realloc((void *)groups->list, cap * sizeof *list);
    if (list == NULL)
        return false;
    groups->list = list;
    groups->cap = cap;
    return true;
}

struct group *groups_get(struct groups *groups, const char *name)
{
    bool is_there;
    size_t place = find(groups, name, &is_there);
    struct group *group;

    if (!is_there && groups->count >= GROUPS_MAX) {
        name = GROUPS_REST;
        place = find(groups, name, &is_there);
    }
    if (is_there)
        return groups->list[place];
    group = calloc(1, sizeof *group);
    if (group == NULL || !has_room(groups)) {
        free(group);
        return NULL;
    }
    (void)snprintf(group->name, sizeof group->name, "%s", name);
    memmove((void *)(groups->list + place + 1), (const void *)(groups->list + place),
            (groups->count - place) * sizeof(struct group *));
    groups->list[place] = group;
    groups->count++;
    return group;
}

void groups_release(struct groups *groups)
{
    for (size_t i = 0; i < groups->count; i++) {
        sum_release(&groups->list[i]->sum);
        free(groups->list[i]);
    }
    free((void *)groups->list);
    *groups = (struct groups){.list = NULL};
}

static int compare_failed(const void *a, const void *b)
{
    const struct group *const *left = (const struct group *const *)a, *const *right = (const struct group *const *)b;

    if ((*left)->sum.failed != (*right)->sum.failed)
        return (*left)->sum.failed < (*right)->sum.failed ? 1 : -1;
    return strcmp((*left)->name, (*right)->name);
}

void groups_sort_by_failed(struct groups *groups)
{
    if (groups->count > 1)
        qsort((void *)groups->list, groups->count, sizeof(struct group *), compare_failed);
}
