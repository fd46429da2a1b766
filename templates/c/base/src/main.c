#include "app.h"

int main(void)
{
    return mocket_listen(app(), ":4000");
}
