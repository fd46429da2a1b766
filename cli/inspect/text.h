/* A report (report.h) as text for people. */
#ifndef MOCKET_CLI_INSPECT_TEXT_H
#define MOCKET_CLI_INSPECT_TEXT_H

#include <mocket.h>
#include <stdio.h>

void inspect_print(const mocket_value *report, FILE *to);

#endif
