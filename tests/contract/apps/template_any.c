/* One template alone: a slash and two stars. */
#include "template.h"

int main(void)
{
    return listen_with("GET", "/**");
}
