#define ROUTES 1000
#include "routes.h"
