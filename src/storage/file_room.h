/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asks a file system whether so many new files fit, before any of them is needed. Their number is asked of statvfs();
 * their bytes are written into one file that never has a name, because only then does a quota count too, and nothing of
 * it is left. (A file for each took a tenth of a board's processor time. A quota on the number of files is so found
 * only when it is used up.) A file system without such files (NFS, FAT) is believed what statvfs() says.
 */
#ifndef IMPRINT_STORAGE_FILE_ROOM_H
#define IMPRINT_STORAGE_FILE_ROOM_H

#include "storage/storage.h"

#define FILE_ROOM_FILES_MAX 64

/*
 * Whether `count` files (FILE_ROOM_FILES_MAX at most) of `size` bytes each fit into the directory open as `directory`.
 * OK or FULL; OK also where that cannot be found out.
 */
enum storage_status file_room(int directory, size_t count, size_t size);

#endif
