/* The app: its routes, for the program and for its tests. */
#ifndef APP_H
#define APP_H

#include <mocket.h>

/* Makes the app. mocket_listen takes it over; a test frees it with mocket_free. */
mocket_app *app(void);

#endif
