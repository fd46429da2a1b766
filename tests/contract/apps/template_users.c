/* One template alone: `/users/:id`. */
#include "template.h"

int main(void)
{
    return listen_with("GET", "/users/:id");
}
