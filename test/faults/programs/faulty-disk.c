/*
 * A disk that fails when it is told to, for a process that is started with this library in LD_PRELOAD: the call that the
 * file FAULT_CONTROL describes, in one line "call errno part-of-the-path nth", fails the nth time it is made to a file with
 * such a path, once, and does nothing. That it has happened is told by a file "<FAULT_CONTROL>.fired".
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int calls;

/* Returns the error that a call is to fail with, or 0. */
static int fault(const char *call, int file) {
  const char *control = getenv("FAULT_CONTROL");
  char text[1024], wanted[64], part[512], link[64], path[1024], fired[1024];
  int error, nth, saved = errno;
  ssize_t length;

  if (control == NULL) return 0;
  /* Once is enough, also for the processes that come after the one that it happened to. */
  snprintf(fired, sizeof fired, "%s.fired", control);
  int opened = access(fired, F_OK) == 0 ? -1 : open(control, O_RDONLY | O_CLOEXEC);
  if (opened < 0) {
    errno = saved;
    return 0;
  }
  length = read(opened, text, sizeof text - 1);
  close(opened);
  errno = saved;
  if (length <= 0) return 0;
  text[length] = 0;
  if (sscanf(text, "%63s %d %511s %d", wanted, &error, part, &nth) != 4 || strcmp(wanted, call) != 0) return 0;

  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  length = readlink(link, path, sizeof path - 1);
  errno = saved;
  if (length <= 0) return 0;
  path[length] = 0;
  if (strstr(path, part) == NULL || __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != nth) return 0;

  opened = open(fired, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (opened >= 0) close(opened);
  return error;
}

#define OTHERWISE(call, ...)                                      \
  int error = fault(#call, file);                                 \
  if (error != 0) {                                               \
    errno = error;                                                \
    return -1;                                                    \
  }                                                               \
  static __typeof__(call) *real;                                  \
  if (real == NULL) real = (__typeof__(call) *)dlsym(RTLD_NEXT, #call); \
  return real(__VA_ARGS__)

int fdatasync(int file) { OTHERWISE(fdatasync, file); }

int fsync(int file) { OTHERWISE(fsync, file); }

ssize_t pwrite64(int file, const void *bytes, size_t length, off64_t at) { OTHERWISE(pwrite64, file, bytes, length, at); }

int ftruncate64(int file, off64_t length) { OTHERWISE(ftruncate64, file, length); }
