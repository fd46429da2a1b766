/* A WASI host resolves each path below the folder that it is relative to, links that stay inside included. WASI has
 * neither O_CLOEXEC nor O_NOCTTY, and needs none. */
#include "../beneath.h"

#include <fcntl.h>

bool mocket__beneath_is_folder(const char *path)
{
    (void)path;
    return true;
}

int mocket__beneath_folder(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY);
}

int mocket__beneath_open(int dir, const char *path, int flags, mode_t mode)
{
    return openat(dir, path, flags | O_NONBLOCK, mode);
}
