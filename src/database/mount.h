/* SPDX-License-Identifier: Apache-2.0 */
/* On what a file is. */
#ifndef IMPRINT_DATABASE_MOUNT_H
#define IMPRINT_DATABASE_MOUNT_H

#include <stdbool.h>

/*
 * Whether nothing can change the file, which is on a file system that is read-only for everybody, and whose content is
 * this machine's only. False for a read-only mount of one that is writable elsewhere (mount --bind -o ro, docker -v
 * ...:ro, ReadOnlyPaths= of systemd), for one of a server (NFS), for layers (overlayfs), and where it cannot be found
 * out.
 */
bool mount_is_unchanging(const char *path);

#endif
