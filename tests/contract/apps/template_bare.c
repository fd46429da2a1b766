/* One template alone: `**`, for any method. */
#include "template.h"

int main(void)
{
    return listen_with("*", "**");
}
