#pragma once

#include <pthread.h>

// pthread_barrier_wait(3p), pthread_barrier_destroy(3p), as green calls. Thread: any.
namespace greenify::calls {

int green_pthread_barrier_wait(pthread_barrier_t* barrier);
int green_pthread_barrier_destroy(pthread_barrier_t* barrier);

}  // namespace greenify::calls
