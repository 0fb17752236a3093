/*
 * Makes calls on names fail as a broken disk or a share that went away does, for whoever is started
 * with it in LD_PRELOAD. $FAILING_CALLS names a file with lines of four words:
 *
 *   CALL ERRNO TIMES PATH    e.g. "stat 5 -1 /tmp/tree/file"
 *
 * CALL is stat, open or read (of a directory's names); ERRNO a number; TIMES how often each process
 * meets it, -1 for ever. With $NO_STATX even the C library's statx is not there, though the kernel's
 * is: what goes through the one or the other can be told apart.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RULES 32

static struct met {
  char line[4200];
  int times;
} met[RULES];

static long (*kernel(void))(long, ...) {
  static long (*call)(long, ...);
  if (!call) call = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
  return call;
}

/* The path of a name that is given from an open directory. */
static void whole(int from, const char *path, char *into, size_t size) {
  char link[64];
  ssize_t length = 0;
  if (path[0] != '/' && from >= 0) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", from);
    length = readlink(link, into, size - 2);
    if (length < 0) length = 0;
    if (path[0] != '\0') into[length++] = '/';
  }
  snprintf(into + length, size - length, "%s", path);
}

/* The number of a rule that was met so often already, or a new one. */
static int first_time(const char *line, int times) {
  for (int i = 0; i < RULES; i++) {
    if (met[i].line[0] == '\0') strncpy(met[i].line, line, sizeof met[i].line - 1);
    if (strcmp(met[i].line, line) == 0) return met[i].times++ < times;
  }
  return 0;
}

/* 0, or the number of the error that this call is to meet. */
static int fails(const char *call, int from, const char *path) {
  const char *file = getenv("FAILING_CALLS");
  if (!file || !path) return 0;
  char rules[8192], asked[4200], copy[4200];
  int saved = errno;
  int fd = (int)kernel()(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC, 0);
  if (fd < 0) {
    errno = saved;
    return 0;
  }
  ssize_t length = kernel()(SYS_read, fd, rules, sizeof rules - 1);
  kernel()(SYS_close, fd);
  errno = saved;
  if (length <= 0) return 0;
  rules[length] = '\0';
  whole(from, path, asked, sizeof asked);
  errno = saved;
  char *rest = rules;
  for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n")) {
    char which[16], name[4200];
    int error, times;
    strncpy(copy, line, sizeof copy - 1);
    copy[sizeof copy - 1] = '\0';
    if (sscanf(line, "%15s %d %d %4199[^\n]", which, &error, &times, name) != 4) continue;
    if (strcmp(which, call) != 0 || strcmp(name, asked) != 0) continue;
    if (times < 0 || first_time(copy, times)) return error;
  }
  return 0;
}

#define MEET(call, from, path, answer) \
  do {                                 \
    int met_ = fails(call, from, path); \
    if (met_) {                        \
      errno = met_;                    \
      return answer;                   \
    }                                  \
  } while (0)

int statx(int from, const char *restrict path, int flags, unsigned mask, struct statx *restrict to) {
  if (getenv("NO_STATX")) {
    errno = ENOSYS;
    return -1;
  }
  MEET("stat", from, path, -1);
  return (int)kernel()(SYS_statx, from, path, flags, mask, to);
}

/* What Node.js itself uses. */
long syscall(long number, ...) {
  va_list list;
  va_start(list, number);
  long a = va_arg(list, long), b = va_arg(list, long), c = va_arg(list, long);
  long d = va_arg(list, long), e = va_arg(list, long), f = va_arg(list, long);
  va_end(list);
  if (number == SYS_statx) MEET("stat", (int)a, (const char *)b, -1);
  return kernel()(number, a, b, c, d, e, f);
}

int openat(int from, const char *path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  int mode = va_arg(list, int);
  va_end(list);
  if (flags & O_DIRECTORY) MEET("open", from, path, -1);
  return (int)kernel()(SYS_openat, from, path, flags, mode);
}

DIR *opendir(const char *path) {
  static DIR *(*next)(const char *);
  if (!next) next = (DIR * (*)(const char *)) dlsym(RTLD_NEXT, "opendir");
  MEET("open", AT_FDCWD, path, NULL);
  return next(path);
}

ssize_t getdents64(int fd, void *buffer, size_t size) {
  MEET("read", fd, "", -1);
  return (ssize_t)kernel()(SYS_getdents64, fd, buffer, size);
}

typedef int (*compare)(const struct dirent64 **, const struct dirent64 **);
typedef int (*choose)(const struct dirent64 *);

int scandir64(const char *restrict path, struct dirent64 ***restrict names, choose which,
              compare order) {
  static int (*next)(const char *, struct dirent64 ***, choose, compare);
  if (!next)
    next = (int (*)(const char *, struct dirent64 ***, choose, compare))dlsym(RTLD_NEXT, "scandir64");
  MEET("open", AT_FDCWD, path, -1);
  MEET("read", AT_FDCWD, path, -1);
  return next(path, names, which, order);
}
