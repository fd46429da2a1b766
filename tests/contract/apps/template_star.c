/* One template alone: `*`. */
#include "template.h"

int main(void)
{
    return listen_with("GET", "*");
}
