/* Assertions about our own code, in builds for tests (MOCKET_CHECKS: those with sanitizers). Other builds do not
 * evaluate them: they may look at as much as they like. What comes from outside is never asserted. */
#ifndef MOCKET_BASE_CHECK_H
#define MOCKET_BASE_CHECK_H

#include <assert.h>

#ifdef MOCKET_CHECKS
#define MOCKET_CHECK(condition) assert(condition)
#define MOCKET_CHECK_CALL(call) call /* of a _check function */
#else
#define MOCKET_CHECK(condition) ((void)0)
#define MOCKET_CHECK_CALL(call) ((void)0)
#endif

#endif
