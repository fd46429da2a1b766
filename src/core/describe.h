/* What an app registered, as text: for `mocket routes`. A line for each registration, fields parted by tabs:
 *
 *     route TAB method TAB template TAB handler     in order of registration
 *     use TAB scope TAB handler                     likewise; an empty scope covers everything
 *
 * The handler is its address as a number; in a guest that is its place in the table of functions. Control bytes of a
 * text become %HH. Routes that a later registration replaced are listed too. */
#ifndef MOCKET_CORE_DESCRIBE_H
#define MOCKET_CORE_DESCRIBE_H

#include "../base/buf.h"
#include "app.h"

/* Appends the text. Out of memory is noted in the buf. */
void mocket__app_describe(const mocket_app *app, struct mocket_buf *text);

#endif
