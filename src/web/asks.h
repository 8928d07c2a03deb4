/* SPDX-License-Identifier: Apache-2.0 */
/* What people ask of the panel at its pages: handed from the desk's thread to the panel's, which does it or not. */
#ifndef IMPRINT_WEB_ASKS_H
#define IMPRINT_WEB_ASKS_H

#include <pthread.h>

#include "web/page.h"

#define ASKS_MAX 32 /* that wait; the panel takes them within a second */

struct asks {
    pthread_mutex_t lock;
    size_t count;
    struct page_ask waiting[ASKS_MAX];
};

void asks_init(struct asks *asks);
void asks_release(struct asks *asks);

/* Whether one more can be put. It stays so as long as the thread that asks is the only one that puts, as the desk's is.
 */
bool asks_have_room(struct asks *asks);

/* False: too many wait. */
bool asks_put(struct asks *asks, enum page_ask_kind kind, const char *text);

/* The oldest; false: there is none. */
bool asks_take(struct asks *asks, struct page_ask *ask);

#endif
