/* One template alone: `/users/:`. */
#include "template.h"

int main(void)
{
    return listen_with("GET", "/users/:");
}
