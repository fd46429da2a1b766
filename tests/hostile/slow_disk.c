/* Preloaded into the host: a file system on which opens and renames wait for up to 5 ms before they happen. Opening a
 * fifo is reported on standard error. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void wait_for_the_disk(void)
{
    usleep((useconds_t)(random() % 5000));
}

int renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    int (*next)(int, const char *, int, const char *) = dlsym(RTLD_NEXT, "renameat");
    wait_for_the_disk();
    return next(from_folder, from, to_folder, to);
}

long syscall(long number, ...)
{
    long (*next)(long, ...) = dlsym(RTLD_NEXT, "syscall");
    long a[6];
    va_list list;
    va_start(list, number);
    for (int i = 0; i < 6; i++)
        a[i] = va_arg(list, long);
    va_end(list);
    bool opens = number == SYS_openat2 && !(((const struct open_how *)a[2])->flags & O_PATH);
    if (opens)
        wait_for_the_disk();
    long result = next(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    struct stat st;
    if (opens && result >= 0 && fstat((int)result, &st) == 0 && S_ISFIFO(st.st_mode))
        (void)!write(STDERR_FILENO, "a fifo was opened\n", 18);
    return result;
}
