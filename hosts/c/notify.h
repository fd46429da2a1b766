/* Messages to the service manager, as sd_notify(3) sends them. */
#ifndef MOCKET_HOSTS_C_NOTIFY_H
#define MOCKET_HOSTS_C_NOTIFY_H

#define NOTIFY_READY "READY=1"       /* requests are answered */
#define NOTIFY_STOPPING "STOPPING=1" /* no new connection is accepted */
#define NOTIFY_WAIT_S 1

/* Sends the text to the datagram socket that the environment variable NOTIFY_SOCKET names: an absolute path, or @ and
 * an abstract name. Without the variable, or where nobody listens, nothing happens. Waits for room in the socket, at
 * most NOTIFY_WAIT_S; then the message is lost. Any thread. */
void notify_manager(const char *text);

#endif
