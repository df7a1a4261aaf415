/*
 * greenify_abi.h: how native code finds greenify in its process, asks whether it is in a green
 * thread, and runs what takes long off the event loop. greenify.h includes it.
 * docs/addon-authors.md says what is promised about this interface from version to version.
 */
#ifndef GREENIFY_ABI_H
#define GREENIFY_ABI_H

#include <stddef.h>
#include <stdint.h>

#if defined(__linux__) && defined(__ELF__)
#include <features.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Any function; to be cast to its type. */
typedef void (*greenify_function)(void);

/*
 * What greenify offers. Members are only ever added at the end: `size` says which are there. An
 * incompatible change would come as another symbol, greenify_abi_2, beside this one.
 */
typedef struct greenify_abi {
  uint32_t size;     /* of this structure, in the greenify that is loaded */
  uint32_t reserved; /* 0 */
  const char* path;  /* of greenify's native part, for messages */
  int (*in_green_thread)(void);
  /* The green version of a libc function, or greenify_offload; NULL where there is none. */
  greenify_function (*find)(const char* name);
  /* `address` is in an object that calls these: its Node-API scopes may be open across waits. */
  void (*announce)(const void* address);
} greenify_abi;

#ifdef __GLIBC__
#define GREENIFY_AVAILABLE 1

/*
 * Where greenify puts its greenify_abi once green threads can be had in this process; 0 until then.
 *
 * Every object that includes this header defines the word, and the dynamic linker makes all of them
 * one, in whatever order they are loaded and although Node opens addons with RTLD_LOCAL: that is
 * what STB_GNU_UNIQUE is for (ELF symbol binding 10; glibc from 2.11 on). C has no other way to ask
 * for it. The object must go on exporting it: a version script has to name greenify_abi_1 as
 * global.
 */
__asm__(
    ".ifndef greenify_abi_1\n"
    ".pushsection .bss.greenify_abi_1,\"awG\",%nobits,greenify_abi_1,comdat\n"
    ".weak greenify_abi_1\n"
    ".type greenify_abi_1, %gnu_unique_object\n"
    ".size greenify_abi_1, 8\n"
    ".balign 8\n"
    "greenify_abi_1:\n"
    ".zero 8\n"
    ".popsection\n"
    ".endif\n");
extern const greenify_abi* greenify_abi_1 __attribute__((visibility("default")));

/* What the loaded greenify offers, or NULL: no green thread can be running. */
static inline const greenify_abi* greenify_loaded(void) {
  return __atomic_load_n(&greenify_abi_1, __ATOMIC_ACQUIRE);
}

/* Objects that were there before, greenify finds by itself. */
__attribute__((constructor)) static void greenify_announce(void) {
  static const char here = 0;
  const greenify_abi* greenify = greenify_loaded();
  if (greenify != NULL) greenify->announce(&here);
}

#else
#define GREENIFY_AVAILABLE 0

static inline const greenify_abi* greenify_loaded(void) {
  return NULL;
}

#endif /* __GLIBC__ */

/* 1 if the caller runs in a green thread, else 0. Any kernel thread may ask. */
static inline int greenify_in_green_thread(void) {
  const greenify_abi* greenify = greenify_loaded();
  return greenify != NULL && greenify->in_green_thread();
}

/*
 * The green version of a function, or NULL where the plain one is meant. What was found is kept, so
 * that the next call costs one load and one branch.
 */
static inline greenify_function greenify_find(greenify_function* kept, const char* name) {
  greenify_function found = __atomic_load_n(kept, __ATOMIC_RELAXED);
  const greenify_abi* greenify;
  if (__builtin_expect(found != NULL, 1)) return found;
  greenify = greenify_loaded();
  if (greenify == NULL) return NULL;
  found = greenify->find(name);
  __atomic_store_n(kept, found, __ATOMIC_RELAXED);
  return found;
}

/*
 * Runs call(argument) to its end. In a green thread another kernel thread takes the stack over
 * meanwhile, and the event loop goes on; elsewhere it is an ordinary call. It may use the caller's
 * variables, errno and locale. It must not use V8 or Node-API, nor leave but by returning, nor keep
 * anything that belongs to a kernel thread (a mutex, thread-local variables) beyond its end.
 */
static inline void greenify_offload(void (*call)(void* argument), void* argument) {
  typedef void (*greenify_type)(void (*)(void*), void*);
  static greenify_function kept;
  greenify_type green = (greenify_type)greenify_find(&kept, "greenify_offload");
  if (green != NULL) {
    green(call, argument);
  } else {
    call(argument);
  }
}

/*
 * Any function that greenify has a green version of, with the type that your own #include gives it:
 * GREENIFY(getxattr)(path, name, value, size). The plain one where there is no green version.
 */
#define GREENIFY(name)                                                       \
  (__extension__({                                                           \
    static greenify_function greenify_kept;                                  \
    greenify_function greenify_green = greenify_find(&greenify_kept, #name); \
    greenify_green != NULL ? (__typeof__(&name))greenify_green : &name;      \
  }))

/* GREENIFY_CALL(int, listen, (int fd, int backlog), (fd, backlog)) defines green_listen(). */
#define GREENIFY_CALL(result, name, parameters, arguments)            \
  static inline result green_##name parameters {                      \
    typedef result(*greenify_type) parameters;                        \
    static greenify_function kept;                                    \
    greenify_type green = (greenify_type)greenify_find(&kept, #name); \
    return green != NULL ? green arguments : name arguments;          \
  }

#ifdef __cplusplus
}
#endif

#endif /* GREENIFY_ABI_H */
