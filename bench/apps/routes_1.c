#define ROUTES 1
#include "routes.h"
